/** From what the command line names to recordings: files, folders, patterns and standard input. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { SUPPORTED_FORMATS } from "@deepspeech-ts/recognizer/audio";
import { readFileOrExplain, UserError } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import { audioBelow } from "@deepspeech-ts/toolkit/internal/data/audio/find-files.js";
import type { NamedBytes } from "@deepspeech-ts/toolkit/internal/evaluation/run-transcription.js";
import { expandPattern, isPattern } from "./path-pattern.js";

/** The word that stands for standard input. */
export const STANDARD_INPUT = "-";

/** A path, or the bytes that came by standard input. */
export type Recording = string | NamedBytes;

export function nameOf(recording: string | { readonly name: string }): string {
  return typeof recording === "string" ? recording : recording.name;
}

/**
 * The recordings that the words stand for, in their order; what a folder or a pattern holds, in the order of the paths.
 * Whether a file can be read is told when its turn comes.
 *
 * @throws UserError for a folder or pattern with nothing in it, and for a standard input that is a terminal or given twice
 */
export async function findRecordings(words: readonly string[]): Promise<Recording[]> {
  if (words.filter((word) => word === STANDARD_INPUT).length > 1)
    throw usageError("- is given twice; it can be read once");
  const found: Recording[] = [];
  for (const word of words)
    found.push(...(word === STANDARD_INPUT ? [await readStandardInput()] : await recordingsOf(word)));
  return found;
}

/** @throws UserError (exit 2) where a person would have to type the recording */
export function refuseTerminal(): void {
  if (process.stdin.isTTY) throw usageError("- reads a recording from a pipe, and here is a terminal; give a file");
}

async function readStandardInput(): Promise<NamedBytes> {
  refuseTerminal();
  return { name: "standard input", bytes: await buffer(process.stdin) };
}

async function recordingsOf(word: string): Promise<Recording[]> {
  const stats = await stat(word).catch(() => undefined);
  // A pipe, such as <(…), can be read once and has no length.
  if (stats?.isFIFO()) return [{ name: word, bytes: await readFileOrExplain(word) }];
  if (stats?.isDirectory()) return recordingsBelow(word);
  if (stats || !isPattern(word)) return [word];
  const files = await expandPattern(word);
  if (files.length > 0) return files;
  throw new UserError(`${word}: no file has such a name; check the pattern`, { code: "file-not-found" });
}

async function recordingsBelow(folder: string): Promise<string[]> {
  const files = await audioBelow(folder);
  if (files.length > 0) return files.map((name) => join(folder, name));
  throw new UserError(`${folder}: no audio below this folder; expected ${SUPPORTED_FORMATS}`, { code: "bad-audio" });
}
