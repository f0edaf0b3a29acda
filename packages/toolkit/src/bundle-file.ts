/** Bundles among other files. */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { isBundle } from "@deepspeech-ts/speech";
import { explainReadError } from "./files.js";

/**
 * Whether the file is a bundle, by its first bytes; what is missing or a folder is none.
 * @throws UserError where it may not be read
 */
export function beginsAsBundle(path: string): boolean {
  try {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
    const file = openSync(path, "r");
    try {
      const start = new Uint8Array(8);
      readSync(file, start);
      return isBundle(start);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw explainReadError(path, error);
  }
}
