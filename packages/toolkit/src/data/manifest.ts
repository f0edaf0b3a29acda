/**
 * Manifests: one JSON object a line, with the keys that NVIDIA NeMo made customary.
 *
 *     {"audio_filepath": "wavs/17.wav", "duration": 3.2, "text": "good morning", "speaker": "ada", "id": "17"}
 *
 * Paths are relative to the manifest's own folder, so that a corpus can be moved as one. With an `offset`, in seconds, the
 * utterance is `duration` seconds of the file from there on, and not the whole file. `speaker` and `id` are optional; other keys are left alone, as NeMo's tools write many.
 */
import { existsSync, type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import {
  explainReadError,
  readTextFile,
  requireWritable,
  UserError,
  writeFileAtomically,
} from "@deepspeech-ts/recognizer/system";
import { quoteValue } from "@deepspeech-ts/speech";
import { parseSegmentPath, partOfFile } from "./audio/segment-path.js";
import { DistinctIds } from "./distinct-ids.js";
import { readLibriSpeech } from "./librispeech.js";
import { parseManifestLine } from "./manifest-line.js";
import { isDuration, LONGEST_SECONDS } from "./stated-duration.js";
import type { Corpus, LeftOut, Manifest, Utterance } from "./types.js";

/** The name of a file in the manifest's own folder, such as a shard's: nothing to resolve, which saves a third of a second. */
const PLAIN_NAME = /^[\w-][\w.#+-]*$/;

/** The manifest inside the folder of a packed corpus (see packing/). */
export const PACKED_MANIFEST = "manifest.jsonl";

const MANIFEST_EXTENSIONS = new Set([".jsonl", ".json", ".ndjson"]);

/**
 * Reads a corpus wherever it is: a manifest, a packed corpus, or a folder in LibriSpeech's layout.
 *
 * @throws UserError where the path is neither, or the corpus holds no utterance at all.
 */
export async function loadUtterances(path: string): Promise<Corpus> {
  const corpus = await readCorpus(path);
  if (corpus.utterances.length === 0) {
    const first = corpus.leftOut[0];
    const reason = first
      ? `all ${corpus.leftOut.length} were left out, the first because ${sentenceOf(first)}`
      : "it is empty";
    throw new UserError(`${path}: holds no utterance that can be used: ${reason}.`, { code: "bad-corpus" });
  }
  return corpus;
}

/** A reason is a sentence of its own, or where a line made no utterance goes on from its place. */
function sentenceOf({ id, reason }: LeftOut): string {
  return / line \d+$/.test(id) ? `${id} ${reason}` : reason;
}

async function readCorpus(path: string): Promise<Corpus> {
  const stats = await statOrExplain(path);
  if (stats.isDirectory()) {
    const manifest = join(path, PACKED_MANIFEST);
    return existsSync(manifest) ? readManifest(manifest) : readLibriSpeech(path);
  }
  // What comes through a pipe has no ending: <(…).
  if (MANIFEST_EXTENSIONS.has(extname(path).toLowerCase()) || stats.isFIFO()) return readManifest(path);
  throw new UserError(
    `${path}: is not a corpus; expected a .jsonl manifest, or a folder with <speaker>/<chapter>/*.trans.txt and audio.`,
    { code: "bad-corpus" },
  );
}

async function statOrExplain(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw explainReadError(path, error);
  }
}

/**
 * Reads a manifest; empty lines are skipped. Paths in one that comes through a pipe are relative to the working folder.
 *
 * An utterance without an `id` is called by its audio path, without the ending. What repeats an id is left out, or where
 * it only shares its file's name, numbered: see distinct-ids.ts. A line that is not such an object, or has a key missing or of
 * the wrong kind, is left out with its number and the reason: one among thousands is no ground to refuse the others.
 * @throws UserError where the file cannot be read
 */
export async function readManifest(path: string): Promise<Corpus> {
  const isPipe = statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
  const content = await readTextFile(path);
  const folder = isPipe ? process.cwd() : resolve(dirname(path));
  const ids = new DistinctIds<number>();
  const corpus: Corpus = { utterances: [], leftOut: [] };
  let lineNumber = 0;
  for (const line of linesOf(content)) {
    lineNumber += 1;
    if (line.trim() === "") continue;
    const place = `${path}, line ${lineNumber}`;
    const parsed = parseLine(line, folder);
    if (typeof parsed === "string") {
      corpus.leftOut.push({ id: place, reason: parsed });
      continue;
    }
    const { utterance, isIdDerived } = parsed;
    const { id, audioPath, text } = utterance;
    const claimed = ids.claim({ id, audioPath, text, isIdDerived }, lineNumber);
    if ("id" in claimed) corpus.utterances.push(claimed.id === id ? utterance : { ...utterance, id: claimed.id });
    else corpus.leftOut.push({ id, reason: `${place} repeats an id: line ${claimed.repeats} has it too` });
  }
  return corpus;
}

/** Lines one by one: an index of 281,000 utterances is read at every start, and a list of its lines would cost as much. */
function* linesOf(content: string): Generator<string, void, undefined> {
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf("\n", start);
    yield content.slice(start, end < 0 ? content.length : end);
    start = end < 0 ? content.length : end + 1;
  }
}

/**
 * Refuses, before any work is done, a path where no manifest could be written, or would not be known for one.
 * @param inputs files that the work reads
 */
export function requireManifestPath(path: string, inputs: readonly string[] = []): void {
  requireWritable(path, inputs);
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isFile || MANIFEST_EXTENSIONS.has(extname(path).toLowerCase())) return;
  throw new UserError(`${path}: a manifest's name ends in .jsonl; choose such a name.`, { exitCode: 2 });
}

/** Writes a manifest atomically, with audio paths relative to its folder. */
export async function writeManifest(path: string, utterances: Manifest): Promise<void> {
  const folder = resolve(dirname(path));
  const lines = utterances.map(({ id, audioPath, durationSeconds, text, speaker }) => {
    // Forward slashes, so that a manifest written on Windows can be read elsewhere.
    const segment = parseSegmentPath(audioPath);
    const path = relative(folder, resolve(segment?.filePath ?? audioPath)).replaceAll(sep, "/");
    const part = segment && { offset: segment.fromSeconds };
    return `${JSON.stringify({ audio_filepath: path, ...part, duration: durationSeconds, text, speaker, id })}\n`;
  });
  await writeFileAtomically(path, lines.join(""));
}

interface ParsedLine {
  utterance: Utterance;
  isIdDerived: boolean;
}

/** The line's utterance, or why there is none. */
function parseLine(line: string, folder: string): ParsedLine | string {
  const parsed = parseManifestLine(line);
  if (typeof parsed === "string") return parsed;
  const { audioFilepath: path, duration, offset, text, speaker = "", id } = parsed;
  if (duration === undefined) return 'has no "duration"; add it';
  if (!isDuration(duration)) {
    return `has "duration" ${quoteValue(duration)}, expected seconds, above 0 and at most ${LONGEST_SECONDS}`;
  }
  const file = PLAIN_NAME.test(path) ? `${folder}${sep}${path}` : resolve(folder, path);
  const utterance = {
    id: id ?? path.slice(0, path.length - extname(path).length),
    audioPath: offset === undefined ? file : partOfFile(file, offset, duration),
    durationSeconds: duration,
    text,
    speaker,
  };
  return { utterance, isIdDerived: id === undefined };
}
