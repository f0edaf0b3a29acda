/** From text files to the file of a model: what happens in the worker thread. */
import { stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import {
  arpaChunks,
  type EstimatedNgrams,
  modelFromEstimate,
  NgramEstimator,
  SpeechError,
} from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";
import { explainReadError, writeFileAtomicallySync } from "../files.js";
import type { BuildRequest, LanguageModelProgress, LanguageModelSummary } from "./build.js";
import { FileRunStorage } from "./file-run-storage.js";
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
  await countFiles(request.input, estimator, host, checkStop);
  const estimated = explained(request.input.join(", "), () => estimator.finish());
  host.onProgress({ stage: "write" });
  const { counts, discounts, numWords, numSentences } = estimated;
  const outputBytes = write(request, estimated, storage);
  const { order, format } = request;
  const temporaryBytes = storage.bytesWritten;
  return { order, counts, discounts, numWords, numSentences, format, outputBytes, temporaryBytes };
}

async function countFiles(
  paths: readonly string[],
  estimator: NgramEstimator,
  host: Host,
  checkStop: () => void,
): Promise<void> {
  const sizes = await Promise.all(paths.map(fileSize));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  const onRead = (bytes: number) => {
    done += bytes;
    host.onProgress({ stage: "count", fraction: done / Math.max(total, done) });
  };
  for (const path of paths) {
    for await (const chunk of readText(path, onRead)) {
      checkStop();
      explained(path, () => estimator.addText(encoder.encode(chunk)));
    }
    explained(path, () => estimator.endText());
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
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
  const compress = format === "arpa" && output.endsWith(".gz");
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
