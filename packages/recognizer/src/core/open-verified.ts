/** A bundle's bytes, opened and compared with their checksums; its own settings of decoding must be such as decoding takes. */
import { type Bundle, BundleError, openBundle } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import { resolveSearch } from "./options.js";

/**
 * @param name what messages call it
 * @throws RecognizerError `bad-bundle`
 */
export async function openVerified(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Bundle> {
  try {
    const bundle = openBundle(bytes);
    await bundle.verify();
    resolveSearch({}, bundle.header);
    return bundle;
  } catch (error) {
    if (error instanceof BundleError) throw badBundle(name, error.message, error);
    if (error instanceof RecognizerError)
      throw badBundle(name, `decoding: ${error.message}; export the model again`, error);
    throw error;
  }
}

function badBundle(name: string, reason: string, cause: Error): RecognizerError {
  return new RecognizerError("bad-bundle", `${name}: ${reason}`, { cause });
}
