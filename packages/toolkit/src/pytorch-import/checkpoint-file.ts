/**
 * A file that is read piece by piece, at any place. Checkpoints hold the optimiser's state too, three times what is
 * imported, and may be larger than Node's largest buffer; what is not asked for is never read.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { explainReadError, UserError } from "@deepspeech-ts/recognizer/system";
import { printable } from "@deepspeech-ts/speech";

const CHUNK_BYTES = 1 << 16;
/** No part of a checkpoint that is read at once is larger: its largest tensor, or the longest string of its pickle. */
const MAX_PIECE_BYTES = 2 ** 30;
/** Names of the file's own making may be of any length. */
const LONGEST_REASON = 400;

export class CheckpointFile {
  readonly size: number;
  readonly #descriptor: number;

  /** @throws UserError where the file is missing, a folder, or not readable */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openSync(path, "r");
      const stats = fstatSync(this.#descriptor);
      if (stats.isDirectory()) throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
      this.size = stats.size;
    } catch (error) {
      throw explainReadError(path, error);
    }
  }

  /** A copy of the bytes from `offset` on, in a buffer of their own. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (length > this.size - offset) this.fail(`is truncated: it ends at byte ${this.size}, within a part of it`);
    if (length > MAX_PIECE_BYTES) this.fail(`is corrupt, or no model of ours: one part of it has ${length} bytes`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done);
      if (count === 0) this.fail("is truncated: it grew shorter while it was read");
      done += count;
    }
    return bytes;
  }

  fail(reason: string): never {
    throw new UserError(`${this.path}: ${printable(reason, LONGEST_REASON)}.`, { code: "bad-checkpoint" });
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

/** Reads a part of a file from its beginning to its end: integers are little-endian. */
export class ByteCursor {
  #chunk = new Uint8Array(0);
  #chunkStart = 0;

  /** @param position the next byte to read; @param end the first byte that is not to be read */
  constructor(
    readonly file: CheckpointFile,
    public position: number,
    readonly end: number,
  ) {}

  /** The next bytes; they are not copied. */
  take(length: number): Uint8Array {
    if (length > this.end - this.position) this.file.fail("is truncated or corrupt: a part of it ends too early");
    const start = this.position;
    if (start < this.#chunkStart || start + length > this.#chunkStart + this.#chunk.length) {
      this.#chunk = this.file.read(start, Math.min(Math.max(length, CHUNK_BYTES), this.end - start));
      this.#chunkStart = start;
    }
    this.position += length;
    return this.#chunk.subarray(start - this.#chunkStart, this.position - this.#chunkStart);
  }

  view(length: number): DataView {
    const { buffer, byteOffset } = this.take(length);
    return new DataView(buffer, byteOffset, length);
  }

  uint8(): number {
    return this.take(1)[0]!;
  }

  uint16(): number {
    return this.view(2).getUint16(0, true);
  }

  uint32(): number {
    return this.view(4).getUint32(0, true);
  }

  /** Beyond 2^53 the number is inexact; no length of a file that exists is. */
  uint64(): number {
    return Number(this.view(8).getBigUint64(0, true));
  }

  /** The text up to the next line feed, which is passed over. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.uint8(); byte !== 0x0a; byte = this.uint8()) bytes.push(byte);
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }
}
