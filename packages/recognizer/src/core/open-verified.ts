/** A bundle's bytes, opened and compared with their checksums. */
import { type Bundle, BundleError, openBundle } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";

/**
 * @param name what messages call it
 * @throws RecognizerError `bad-bundle`
 */
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
