/** Estimated n-grams as ARPA text, the format that every n-gram toolkit reads. */

import type { EstimatedNgrams } from "../estimation/estimate.js";
import { floatAt } from "../float-bits.js";
import { RunCursor } from "../records.js";
import type { Vocabulary } from "../vocabulary.js";
import { LONGEST_NUMBER, writeNumber } from "./arpa-number.js";

const TAB = 9;
const LINE_FEED = 10;
const SPACE = 32;
const CHUNK_BYTES = 1 << 20;
const encoder = new TextEncoder();

/** Gathers lines into chunks. */
class LineBuffer {
  #bytes = new Uint8Array(CHUNK_BYTES);
  #used = 0;

  get isFull(): boolean {
    return this.#used >= CHUNK_BYTES / 2;
  }

  /** What was gathered; the next lines go into a new chunk. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#used);
    this.#bytes = new Uint8Array(CHUNK_BYTES);
    this.#used = 0;
    return taken;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#used++] = value;
  }

  number(value: number): void {
    this.#reserve(LONGEST_NUMBER);
    this.#used = writeNumber(this.#bytes, this.#used, value);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  text(text: string): void {
    this.append(encoder.encode(text));
  }

  #reserve(length: number): void {
    if (this.#used + length <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#used + length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/**
 * The ARPA file of an estimated model, in chunks: log10, tabs between fields, each n-gram after its own suffixes. The
 * runs of `estimate` are released on the way.
 */
export function* arpaChunks({ vocabulary, counts, ngrams }: EstimatedNgrams): Generator<Uint8Array<ArrayBuffer>> {
  const lines = new LineBuffer();
  lines.text(`\\data\\\n${counts.map((count, index) => `ngram ${index + 1}=${count}\n`).join("")}`);
  for (const [index, run] of ngrams.entries()) {
    const order = index + 1;
    lines.text(`\n\\${order}-grams:\n`);
    const cursor = new RunCursor(run, order + 2);
    while (cursor.next()) {
      writeLine(lines, vocabulary, cursor, order, order === counts.length);
      if (lines.isFull) yield lines.take();
    }
  }
  lines.text("\n\\end\\\n");
  yield lines.take();
}

function writeLine(
  lines: LineBuffer,
  vocabulary: Vocabulary,
  cursor: RunCursor,
  order: number,
  highest: boolean,
): void {
  const { data, offset } = cursor;
  lines.number(floatAt(data, offset + order));
  for (let i = 0; i < order; i++) {
    lines.byte(i === 0 ? TAB : SPACE);
    lines.append(vocabulary.wordBytes(data[offset + i] as number));
  }
  if (!highest) {
    lines.byte(TAB);
    lines.number(floatAt(data, offset + order + 1));
  }
  lines.byte(LINE_FEED);
}
