/**
 * Errors meant for the person at the keyboard.
 *
 * A `UserError` says in one line what is wrong, names the file or the value, and gives a way out. The command line
 * prints its message alone; any other error is a defect of ours and keeps its stack trace.
 */

/** What kind of trouble a `UserError` reports; scripts may test it, the message is for people. */
export type UserErrorCode =
  | "bad-argument"
  | "bad-audio"
  | "bad-corpus"
  | "bad-encoding"
  | "bad-manifest"
  | "disk-full"
  | "file-not-found"
  | "file-not-readable"
  | "file-not-writable"
  | (string & {});

export interface UserErrorOptions {
  /** Machine-readable kind. Default "bad-argument". */
  code?: UserErrorCode;
  /** Exit status of the command that ends with this error. Default 1. */
  exitCode?: number;
  /** The error that led here, kept for debugging. */
  cause?: unknown;
}

/** Longer messages are cut in their middle: the beginning names the file, the end the way out. */
const LONGEST_MESSAGE = 800;
/** What a terminal obeys, and what ends a line: control characters, and directions of writing. */
const OBEYED = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a file's own making, fit for a message: on one line, of bearable length, without what a terminal obeys. */
export function printable(text: string, longest: number = LONGEST_MESSAGE): string {
  const cut = text.length > longest ? `${text.slice(0, longest >> 1)} … ${text.slice(-(longest >> 1))}` : text;
  return cut.replace(OBEYED, "\ufffd");
}

/** An error whose one-line message is all the reader needs. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly code: UserErrorCode;
  readonly exitCode: number;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? "bad-argument";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The `code` of a Node system error ("ENOENT", "ENOSPC" and so on); undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The first line of whatever was thrown. */
export function errorMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
