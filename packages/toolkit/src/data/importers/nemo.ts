/**
 * NVIDIA NeMo's manifests: a JSON object a line with `audio_filepath`, `duration` and `text`. Our own manifests have the
 * same form; this importer forgives more: durations that are missing, or cannot be any, are measured.
 */
import { dirname, extname, isAbsolute, join } from "node:path";
import { readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { quoteValue } from "@deepspeech-ts/speech";
import { partOfFile } from "../audio/segment-path.js";
import { isDuration, isOffset, LONGEST_SECONDS } from "../stated-duration.js";
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
  const fields = parseFields(line);
  if (!fields) return "is not a JSON object";
  const { audio_filepath: name, text, duration, offset, speaker, id } = fields;
  if (typeof name !== "string" || name === "") return 'has no "audio_filepath"';
  if (typeof text !== "string") return 'has no "text"';
  const isKnown = isDuration(duration);
  const isPart = offset !== undefined && offset !== null;
  if (isPart && !isOffset(offset)) {
    return `has "offset" ${quoteValue(offset)}, expected seconds, 0 or above and at most ${LONGEST_SECONDS}`;
  }
  if (isPart && !isKnown) return 'has an "offset" and no "duration" in seconds, so that its end is not known';
  const file = isAbsolute(name) ? name : join(folder, name);
  const stated = nameOf(id);
  return {
    id: stated || name.slice(0, name.length - extname(name).length),
    isIdDerived: stated === "",
    audioPath: isPart && isKnown ? partOfFile(file, offset, duration) : file,
    text: joinLines(text),
    speaker: nameOf(speaker),
    ...(isKnown ? { durationSeconds: duration } : {}),
  };
}

function parseFields(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A name, or a number taken as one. */
function nameOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
