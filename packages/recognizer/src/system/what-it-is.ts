/** What a path holds, told by its content, for messages where one thing is given in another's place. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { isBundle } from "@deepspeech-ts/speech";
import { detectAudioFormat } from "../audio/format.js";
import { explainReadError } from "./files.js";

/** What a path can be, as far as its name and first bytes tell. */
export type PathKind = "bundle" | "recording" | "run" | "folder" | "file" | "pipe" | "missing";

/** More than an Ogg file's first packet has, by which its codec is told. */
const START_BYTES = 4096;

/**
 * Reads a file's first bytes; a pipe is not touched, for what is read of it is gone.
 *
 * @throws UserError where the file or folder may not be read
 */
export function whatItIs(path: string): PathKind {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return "missing";
    if (stats.isDirectory()) return statSync(join(path, "config.json"), { throwIfNoEntry: false }) ? "run" : "folder";
    return stats.isFile() ? kindOfFile(path) : "pipe";
  } catch (error) {
    throw explainReadError(path, error);
  }
}

function kindOfFile(path: string): PathKind {
  const file = openSync(path, "r");
  try {
    const start = new Uint8Array(START_BYTES);
    const bytes = start.subarray(0, readSync(file, start));
    if (isBundle(bytes)) return "bundle";
    return detectAudioFormat(bytes) ? "recording" : "file";
  } finally {
    closeSync(file);
  }
}
