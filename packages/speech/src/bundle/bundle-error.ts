/** Why a file cannot be used as a bundle. */

export type BundleErrorCode =
  /** The file is something else. */
  | "not-a-bundle"
  /** A later version of this project wrote it. */
  | "unsupported-version"
  /** It ends too early. */
  | "truncated"
  /** Its checksums tell that bytes were changed. */
  | "damaged"
  /** Its header says what cannot be. */
  | "invalid-header"
  /** Checksums cannot be computed here. */
  | "no-digest";

/** One line for the reader, to stand behind the name of the file, which only the caller knows: `${path}: ${message}`. */
export class BundleError extends Error {
  override readonly name = "BundleError";

  constructor(
    readonly code: BundleErrorCode,
    message: string,
  ) {
    super(message);
  }
}
