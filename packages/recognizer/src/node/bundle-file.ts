/** A bundle's file, opened and verified. */
import { readFile } from "node:fs/promises";
import { type Bundle, BundleError, openBundle } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import { explainReadError } from "./open-file.js";

/**
 * Reads a .dsb file, and compares it with its checksums.
 *
 * @throws RecognizerError `bad-bundle`, `file-not-found`, `file-not-readable`
 */
export async function openBundleFile(path: string): Promise<Bundle> {
  return openVerified(await readBundle(path), path);
}

/** @param name what messages call it */
export async function openVerified(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Bundle> {
  try {
    const bundle = openBundle(bytes);
    await bundle.verify();
    return bundle;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    throw new RecognizerError("bad-bundle", `${name}: ${error.message}`, { cause: error });
  }
}

async function readBundle(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path);
  } catch (error) {
    throw explainReadError(path, error);
  }
}
