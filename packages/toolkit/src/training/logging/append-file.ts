/**
 * A file that only grows by whole pieces. What a training run logs must stay readable when the disk fills up in the
 * middle of a write: the torn piece is cut off again, and the run learns of it in one clear line.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { errorMessage, systemErrorCode, UserError } from "@deepspeech-ts/recognizer/system";

/** An open file to which `append` adds all of a piece or nothing. */
export class AppendFile {
  readonly #fd: number;
  #length: number;

  /**
   * @param flags as of `fs.open`; by default the file must not exist yet, "a" goes on with one that does
   * @throws UserError where the file cannot be opened
   */
  constructor(
    readonly path: string,
    flags = "ax",
  ) {
    try {
      this.#fd = openSync(path, flags);
      this.#length = fstatSync(this.#fd).size;
    } catch (error) {
      throw writeError(`cannot create ${path}`, error);
    }
  }

  /** @throws UserError where the disk is full or the file cannot be written; the file is as before the call */
  append(bytes: Uint8Array): void {
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      this.#length += bytes.length;
    } catch (error) {
      this.#cutTornPiece();
      throw writeError(`cannot write ${this.path}`, error);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #cutTornPiece(): void {
    try {
      ftruncateSync(this.#fd, this.#length);
    } catch {
      // The write's own error says more than this one, and a reader knows a torn piece by its end.
    }
  }
}

/** The `UserError` for a system error met while writing; `problem` says what could not be done, and to which path. */
export function writeError(problem: string, cause: unknown): UserError {
  const isFull = ["ENOSPC", "EDQUOT"].includes(systemErrorCode(cause) ?? "");
  const reason = isFull ? "the disk is full; free some space, or choose another folder" : errorMessage(cause);
  return new UserError(`${problem}: ${reason}`, { code: isFull ? "disk-full" : "file-not-writable", cause });
}
