/**
 * NVIDIA NeMo's manifests: a JSON object a line with `audio_filepath`, `duration` and `text`. Our own manifests have the
 * same form; this importer forgives more: durations that are missing, or cannot be any, are measured.
 */
import { dirname, extname, isAbsolute, join } from "node:path";
import { readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { partOfFile } from "../audio/segment-path.js";
import { parseManifestLine } from "../manifest-line.js";
import { isDuration } from "../stated-duration.js";
import type { Corpus, LeftOut } from "../types.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

export const nemo: Importer = {
  name: "nemo",
  source: "a .json or .jsonl manifest of NeMo",
  read: readNemo,
};

async function readNemo(path: string): Promise<Corpus> {
  const lines = (await readTextFile(path)).split("\n");
  const entries: ImportedEntry[] = [];
  const leftOut: LeftOut[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const entry = parseEntry(line, dirname(path));
    if (typeof entry === "string") leftOut.push({ id: `${path}, line ${index + 1}`, reason: entry });
    else entries.push(entry);
  }
  if (entries.length === 0) {
    const why = leftOut[0] ? `; ${leftOut[0].id} ${leftOut[0].reason}` : "";
    throw new UserError(`${path}: has no line of NeMo's form${why}.`, { code: "bad-corpus" });
  }
  return toCorpus(entries, leftOut);
}

/** The entry, or why there is none. */
function parseEntry(line: string, folder: string): ImportedEntry | string {
  const parsed = parseManifestLine(line);
  if (typeof parsed === "string") return parsed;
  const { audioFilepath: name, duration, offset, text, speaker = "", id } = parsed;
  const isKnown = isDuration(duration);
  if (offset !== undefined && !isKnown) {
    return 'has an "offset" and no "duration" in seconds, so that its end is not known';
  }
  const file = isAbsolute(name) ? name : join(folder, name);
  return {
    id: id ?? name.slice(0, name.length - extname(name).length),
    isIdDerived: id === undefined,
    audioPath: offset !== undefined && isKnown ? partOfFile(file, offset, duration) : file,
    text: joinLines(text),
    speaker,
    ...(isKnown ? { durationSeconds: duration } : {}),
  };
}
