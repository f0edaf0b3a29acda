/**
 * Bytes to text, for every file that a person may bring. UTF-8 and, by its mark, UTF-16 and UTF-32 are read; other
 * encodings where they are certain (see text-encoding.ts, western-text.ts). The rest is refused with the encoding's
 * likely name and the remedy: a text read in a wrong encoding trains words that nobody said, and nobody is told.
 */

import { quote, SpeechError } from "../errors.js";
import { completeLength, decodeUnicode, encodingOfMark, type TextEncoding, wideEncodingOf } from "./text-encoding.js";
import { decodeWestern, isCertainlyWestern, isPerhapsWestern } from "./western-text.js";

/** So much of a text decides on its encoding, where no mark does. */
const SAMPLE_BYTES = 1 << 16;
const LONGEST_HALF = 40;
const NOTHING = new Uint8Array(0);

/**
 * A whole text.
 *
 * @returns without a byte order mark, and with `\n` alone for line ends
 * @throws SpeechError `invalid-encoding`: one line for people, to be put after the file's name
 */
export function decodeText(bytes: Uint8Array): string {
  const reader = new TextReader();
  return reader.push(bytes) + reader.finish();
}

/** The same for a text that comes in pieces, of any sizes: push them, then `finish`. What it gives, joined, is the text. */
export class TextReader {
  #encoding: TextEncoding | undefined;
  /** Bytes that wait: for enough to know the encoding, or for the rest of a character. */
  #pending: Uint8Array = NOTHING;
  /** Whether nothing so far tells UTF-8 from encodings of one byte a character. */
  #isAscii = true;
  #endsInReturn = false;
  #lineNumber = 1;

  /** The encoding found; undefined before there were enough bytes. */
  get encoding(): TextEncoding | undefined {
    return this.#encoding;
  }

  /** @throws SpeechError `invalid-encoding` */
  push(chunk: Uint8Array): string {
    return this.#read(this.#pending.length === 0 ? chunk : concatenate(this.#pending, chunk), false);
  }

  /** @throws SpeechError `invalid-encoding` */
  finish(): string {
    return this.#read(this.#pending, true) + (this.#endsInReturn ? "\n" : "");
  }

  #read(bytes: Uint8Array, isLast: boolean): string {
    let start = 0;
    if (this.#encoding === undefined) {
      if (!isLast && bytes.length < SAMPLE_BYTES) {
        this.#pending = bytes.slice();
        return "";
      }
      const { encoding, markBytes } = encodingOf(bytes);
      this.#encoding = encoding;
      start = markBytes;
      this.#isAscii = markBytes === 0;
    }
    const end = isLast ? bytes.length : Math.max(start, completeLength(bytes, this.#encoding));
    this.#pending = bytes.slice(end);
    return this.#unifyLineEnds(this.#decode(bytes.subarray(start, end)));
  }

  #decode(bytes: Uint8Array): string {
    const encoding = this.#encoding as TextEncoding;
    const text = encoding === "Windows-1252" ? this.#decodeWestern(bytes) : this.#decodeUnicode(bytes, encoding);
    this.#isAscii &&= text.length === bytes.length;
    if (text.includes("\0"))
      throw this.#refuse(text.slice(0, text.indexOf("\0")), "has a NUL character, as no text has");
    return text;
  }

  #decodeUnicode(bytes: Uint8Array, encoding: Exclude<TextEncoding, "Windows-1252">): string {
    try {
      return decodeUnicode(bytes, encoding);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      if (encoding !== "UTF-8")
        throw invalid(`is cut, or damaged: it begins as ${encoding} does, and is none further on`);
    }
    if (!this.#isAscii || !isCertainlyWestern(bytes)) throw this.#notUtf8(bytes);
    this.#encoding = "Windows-1252";
    return decodeWestern(bytes);
  }

  #decodeWestern(bytes: Uint8Array): string {
    if (!isCertainlyWestern(bytes)) throw this.#notUtf8(bytes);
    return decodeWestern(bytes);
  }

  #notUtf8(bytes: Uint8Array): SpeechError {
    const shown = new TextDecoder().decode(bytes);
    const at = shown.indexOf("\ufffd");
    const before = shown.slice(0, at);
    const word = wordAround(shown, at);
    const [name, remedy] = isPerhapsWestern(bytes) ? ["Windows-1252", "WINDOWS-1252"] : ["another", "ENCODING"];
    const other = name === "another" ? "but in another encoding" : `and looks like ${name}`;
    return this.#refuse(
      before,
      `(${quote(word)}) is not in UTF-8, ${other}; save it as UTF-8, or convert it: iconv -f ${remedy} -t UTF-8`,
    );
  }

  /** @param before what stands in these bytes before the place */
  #refuse(before: string, problem: string): SpeechError {
    return invalid(`line ${this.#lineNumber + (before.match(/\r\n|[\r\n]/g)?.length ?? 0)} ${problem}`);
  }

  /** A carriage return at the end of a piece waits, for a line feed may follow. */
  #unifyLineEnds(piece: string): string {
    const text = this.#endsInReturn ? `\r${piece}` : piece;
    this.#endsInReturn = text.endsWith("\r");
    const whole = this.#endsInReturn ? text.slice(0, -1) : text;
    const unified = whole.includes("\r") ? whole.replace(/\r\n?/g, "\n") : whole;
    for (let at = unified.indexOf("\n"); at >= 0; at = unified.indexOf("\n", at + 1)) this.#lineNumber += 1;
    return unified;
  }
}

/** The word around a place; of one that goes on for thousands of letters, a part. */
function wordAround(text: string, at: number): string {
  const [start] = /\S*$/.exec(text.slice(Math.max(0, at - LONGEST_HALF), at)) as RegExpExecArray;
  const [end] = /^\S*/.exec(text.slice(at, at + LONGEST_HALF)) as RegExpExecArray;
  return start + end;
}

function encodingOf(bytes: Uint8Array): { encoding: TextEncoding; markBytes: number } {
  const marked = encodingOfMark(bytes);
  if (marked !== undefined) return marked;
  refuseContainers(bytes);
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (!sample.includes(0)) return { encoding: "UTF-8", markBytes: 0 };
  const wide = wideEncodingOf(sample);
  if (wide !== undefined) return { encoding: wide, markBytes: 0 };
  throw invalid(
    "has NUL bytes, as no text in UTF-8 has: it is no text, or in UTF-16 without a byte order mark; save it as UTF-8",
  );
}

/** What is taken for a text most often, and is none. */
function refuseContainers([a, b, c, d]: Uint8Array): void {
  if (a === 0x1f && b === 0x8b) throw invalid("is compressed by gzip; unpack it: gunzip");
  if (a === 0x50 && b === 0x4b && c === 3 && d === 4) {
    throw invalid("is a ZIP archive, as workbooks and documents are; unpack it, or export it as text or CSV in UTF-8");
  }
}

function invalid(message: string): SpeechError {
  return new SpeechError("invalid-encoding", message);
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
