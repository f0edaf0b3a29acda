/**
 * Tags: notes on a recording that programs put before or behind a file of any format, and zeros that fill it up. They
 * are no sound and no damage.
 *
 * Layouts: ID3v2.4 (id3.org/id3v2.4.0-structure), ID3v1, APEv2 (wiki.hydrogenaud.io, "APEv2 specification"), Lyrics3
 * (id3.org/Lyrics3v2).
 */
import { joinBytes } from "./join-arrays.js";

/** So many bytes tell whether a tag begins, and how long it is. */
export const TAG_HEADER_BYTES = 32;
const ID3V1_BYTES = 128;

/**
 * How long the tag is that begins at `at`: 0 where none does, and infinite where it ends with the file. A run of zeros
 * is one. `bytes` must go on for `TAG_HEADER_BYTES`, or to the end of the file.
 */
export function tagBytes(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0) return zeros(bytes, at);
  if (isText(bytes, at, "TAG")) return ID3V1_BYTES;
  return longTagBytes(bytes, at);
}

/** The same for the tags whose beginning is too long to come by chance, wherever it is looked for. */
export function longTagBytes(bytes: Uint8Array, at: number): number {
  if (isId3(bytes, at)) return id3Bytes(bytes, at);
  if (isText(bytes, at, "APETAGEX")) return apeBytes(bytes, at);
  return isText(bytes, at, "LYRICSBEGIN") ? Number.POSITIVE_INFINITY : 0;
}

/** Whether the text stands at `at`, one byte a character. */
export function isText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** "ID3", two numbers of a version, flags, and a length with seven bits a byte. */
function isId3(bytes: Uint8Array, at: number): boolean {
  if (!isText(bytes, at, "ID3") || at + 10 > bytes.length) return false;
  const [major = 0, minor = 0, flags = 0, ...length] = bytes.subarray(at + 3, at + 10);
  return major >= 2 && major <= 4 && minor < 0xff && (flags & 0x0f) === 0 && length.every((byte) => byte < 0x80);
}

function id3Bytes(bytes: Uint8Array, at: number): number {
  const hasFooter = ((bytes[at + 5] as number) & 0x10) !== 0;
  const length = bytes.subarray(at + 6, at + 10).reduce((sum, byte) => sum * 128 + byte, 0);
  return 10 + length + (hasFooter ? 10 : 0);
}

/** The length counts what follows the header, the footer included. */
function apeBytes(bytes: Uint8Array, at: number): number {
  if (at + TAG_HEADER_BYTES > bytes.length) return bytes.length - at;
  return TAG_HEADER_BYTES + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(12, true);
}

function zeros(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end] === 0) end += 1;
  return end - at;
}

/** Passes over the tags at one place of a file that arrives in pieces. */
export class TagSkipper {
  /** All tags together, so far. */
  numBytes = 0;
  #waiting: Uint8Array = new Uint8Array();
  #toSkip = 0;
  #isDone = false;
  readonly #zerosCount: boolean;

  /** @param zerosCount whether zeros are a tag, or the beginning of what follows */
  constructor(zerosCount: boolean) {
    this.#zerosCount = zerosCount;
  }

  /** Whether the tags have ended, and all that `push` gives belongs to what follows. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** What follows the tags, as far as that is known: empty until then. */
  push(bytes: Uint8Array, isEnd = false): Uint8Array {
    if (this.#isDone) return bytes;
    const input = this.#waiting.length > 0 ? joinBytes([this.#waiting, bytes]) : bytes;
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#toSkip, input.length - at);
      at += skipped;
      this.numBytes += skipped;
      this.#toSkip -= skipped;
      if (input.length - at < TAG_HEADER_BYTES && !isEnd) break;
      if (at < input.length) this.#toSkip = this.#mayBeTag(input, at) ? tagBytes(input, at) : 0;
      if (at >= input.length || this.#toSkip === 0) {
        this.#isDone = true;
        break;
      }
    }
    this.#waiting = this.#isDone ? new Uint8Array() : input.slice(at);
    return this.#isDone ? input.subarray(at) : new Uint8Array();
  }

  #mayBeTag(input: Uint8Array, at: number): boolean {
    return input[at] !== 0 || this.#zerosCount;
  }
}
