/**
 * The one error type of this package. A caller can branch on `code`; a person reads `message`, a single line that names
 * the file or the value and, where there is one, the way out.
 */

import { printable } from "@deepspeech-ts/speech";

/** What kind of trouble a `RecognizerError` reports. */
export type RecognizerErrorCode =
  /** The bytes are no model bundle of a version that this package reads, or are damaged. */
  | "bad-bundle"
  /** The sound is empty, damaged, cut short or of no known format. */
  | "bad-audio"
  /** An option or a text cannot be used. */
  | "bad-argument"
  | "file-not-found"
  | "file-not-readable"
  /** The recording is longer than the caller allows. */
  | "too-long"
  /** The request did not end within the time that the caller gave it. */
  | "timeout"
  /** The recogniser was closed. */
  | "closed"
  /**
   * ONNX Runtime cannot be loaded: it has no build for this system, or the install lacks it. Or a bundler has moved this
   * package's code away from its files.
   */
  | "no-runtime"
  /** In a page: what was to be fetched cannot be. */
  | "offline"
  /** In a page: the browser has no room to keep a bundle. */
  | "quota"
  /** In a page: there is no microphone, or no sound of one. */
  | "no-microphone"
  /** In a page: the visitor or the browser does not allow it. */
  | "permission-denied"
  /** A text cannot be aligned with the recording. */
  | "alignment-infeasible";

/** An error that the caller's input or doing caused. */
export class RecognizerError extends Error {
  override readonly name = "RecognizerError";
  readonly code: RecognizerErrorCode;

  constructor(code: RecognizerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** The first line of whatever was thrown. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
