/**
 * Errors meant for the person at the keyboard.
 *
 * A `UserError` says in one line what is wrong, names the file or the value, and gives a way out. The command line
 * prints its message alone; any other error is a defect of ours and keeps its stack trace.
 */

import { printable } from "@deepspeech-ts/speech";

/** What kind of trouble a `UserError` reports; scripts may test it, the message is for people. */
export type UserErrorCode =
  | "bad-argument"
  | "bad-audio"
  | "bad-corpus"
  | "bad-encoding"
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
