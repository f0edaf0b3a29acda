/** A bundle's file, opened and verified. */
import { readFile } from "node:fs/promises";
import type { Bundle } from "@deepspeech-ts/speech";
import { openVerified } from "../core/open-verified.js";
import { explainReadError } from "./open-file.js";

/**
 * Reads a .dsb file, and compares it with its checksums.
 *
 * @throws RecognizerError `bad-bundle`, `file-not-found`, `file-not-readable`
 */
export async function openBundleFile(path: string): Promise<Bundle> {
  return openVerified(await readBundle(path), path);
}

async function readBundle(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (error) {
    throw explainReadError(path, error);
  }
}
