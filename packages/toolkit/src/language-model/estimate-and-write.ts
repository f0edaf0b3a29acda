/** From text files to the file of a model: what happens in the worker thread. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { explainReadError, UserError, writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import {
  arpaChunks,
  ContextCounter,
  type EstimatedNgrams,
  modelFromEstimate,
  NgramEstimator,
  pruneToSize,
  SpeechError,
} from "@deepspeech-ts/speech";
import { loadNormaliser } from "../data/normaliser.js";
import type { BuildRequest, LanguageModelProgress, LanguageModelSummary } from "./build.js";
import { FileRunStorage } from "./file-run-storage.js";
import { SentenceNormaliser } from "./normalise-sentences.js";
import { readText } from "./read-text.js";

const encoder = new TextEncoder();

/** Thrown when the work should stop; not an error. */
export class Stopped extends Error {}

export interface Host {
  onProgress: (progress: LanguageModelProgress) => void;
  shouldStop: () => boolean;
}

/**
 * @throws Stopped once `shouldStop` says so
 * @throws UserError as `buildLanguageModel` does
 */
export async function estimateAndWrite(request: BuildRequest, host: Host): Promise<LanguageModelSummary> {
  const checkStop = () => {
    if (host.shouldStop()) throw new Stopped();
  };
  if (request.maxBytes !== undefined) await checkReadableTwice(request.input);
  using storage = new FileRunStorage({ folder: request.temporaryFolder, onAccess: checkStop });
  const estimator = explained(undefined, () => {
    const { order, prune, vocabulary, memoryBytes } = request;
    return new NgramEstimator({
      order,
      prune,
      vocabulary,
      memoryBytes,
      storage,
      onStage: (stage) => host.onProgress({ stage }),
    });
  });
  const normaliser = await normaliserOf(request);
  await readFiles(request.input, estimator, {
    checkStop,
    normaliser,
    onFraction: (fraction) => host.onProgress({ stage: "count", fraction }),
  });
  const normalisation = normaliser?.report(request.input) ?? "";
  const whole = explained(request.input.join(", "), () => estimator.finish());
  const estimated = request.maxBytes === undefined ? whole : await pruned(request, whole, { host, checkStop, storage });
  host.onProgress({ stage: "write" });
  const { counts, discounts, numWords, numSentences } = estimated;
  const outputBytes = write(request, estimated, storage);
  const { format } = request;
  const temporaryBytes = storage.bytesWritten;
  return {
    ...{ order: counts.length, counts, discounts, numWords, numSentences, normalisation },
    ...{ format, outputBytes, temporaryBytes },
  };
}

/** Absent where text is taken as it is. */
async function normaliserOf({
  alphabet,
  soundTags,
  normaliser,
}: BuildRequest): Promise<SentenceNormaliser | undefined> {
  if (alphabet === undefined && normaliser === undefined) return undefined;
  const own = normaliser === undefined ? undefined : await loadNormaliser(normaliser);
  return new SentenceNormaliser({ alphabet, soundTags, normaliser: own });
}

interface PruningHost {
  host: Host;
  checkStop: () => void;
  storage: FileRunStorage;
}

/** Reads the text once more, for how often each context stands in it, and leaves out what matters least. */
async function pruned(
  request: BuildRequest,
  estimated: EstimatedNgrams,
  { host, checkStop, storage }: PruningHost,
): Promise<EstimatedNgrams> {
  const { input, maxBytes = 0, memoryBytes, quantisationBits: bits } = request;
  const model = modelFromEstimate(estimated, { bits: 32, memoryBytes, storage });
  const counter = new ContextCounter(model);
  await readFiles(input, counter, {
    checkStop,
    normaliser: await normaliserOf(request),
    onFraction: (fraction) => host.onProgress({ stage: "prune", fraction }),
  });
  return explained(undefined, () => pruneToSize(model, counter.finish(), estimated, { maxBytes, bits, storage }));
}

/** What takes a text piece by piece: an estimator, a counter. */
interface TextSink {
  addText(chunk: Uint8Array): void;
  endText(): void;
}

interface ReadingHost {
  checkStop: () => void;
  onFraction: (fraction: number) => void;
  /** Absent where text is taken as it is. */
  normaliser: SentenceNormaliser | undefined;
}

async function readFiles(
  paths: readonly string[],
  sink: TextSink,
  { checkStop, onFraction, normaliser }: ReadingHost,
): Promise<void> {
  const sizes = await Promise.all(paths.map(fileSize));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  const onRead = (bytes: number) => {
    done += bytes;
    onFraction(done / Math.max(total, done));
  };
  for (const path of paths) {
    let line = 1;
    for await (const chunk of readText(path, onRead)) {
      checkStop();
      const text = normaliser?.normalise(chunk, { path, line }) ?? chunk;
      if (normaliser !== undefined) line += chunk.split("\n").length - 1;
      explained(path, () => sink.addText(encoder.encode(text)));
    }
    explained(path, () => sink.endText());
  }
}

/** A pipe is empty after its first reading. */
async function checkReadableTwice(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if ((await statOf(path)).isFIFO()) {
      throw new UserError(`${path}: is a pipe, and pruning to a size reads the text twice; write it to a file first.`, {
        code: "bad-argument",
      });
    }
  }
}

const fileSize = async (path: string): Promise<number> => (await statOf(path)).size;

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw explainReadError(path, error);
  }
}

/** Writes the model; returns the size of the file. */
function write(request: BuildRequest, estimated: EstimatedNgrams, storage: FileRunStorage): number {
  const { output, format, quantisationBits: bits, memoryBytes } = request;
  const chunks =
    format === "arpa" ? arpaChunks(estimated) : modelFromEstimate(estimated, { bits, memoryBytes, storage }).toChunks();
  // Members of a gzip file may be compressed one by one: RFC 1952, section 2.2.
  const compress = format === "arpa" && /\.gz$/i.test(output);
  let bytes = 0;
  function* counted(): Generator<Uint8Array> {
    for (const chunk of chunks) {
      const written = compress ? gzipSync(chunk) : chunk;
      bytes += written.length;
      yield written;
    }
  }
  writeFileAtomicallySync(output, counted());
  return bytes;
}

/** Runs `action`; what it finds wrong with the input becomes an error for people, with the path before it. */
function explained<Result>(path: string | undefined, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    const message = path === undefined ? error.message : `${path}: ${error.message}`;
    throw new UserError(`${message}.`, {
      code: error.code === "invalid-text" ? "bad-corpus" : "bad-argument",
      cause: error,
    });
  }
}
