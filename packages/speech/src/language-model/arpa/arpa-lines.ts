/** The lines of an ARPA file that are not n-grams, and the fields of those that are. */

import { SpeechError } from "../../errors.js";
import { eachWord } from "../lines.js";
import { LARGEST_MODEL_ORDER } from "../model/binary-format.js";

/** A probability, the words and a back-off. */
const MOST_FIELDS = LARGEST_MODEL_ORDER + 2;

/** An error in line `lineNumber`. */
export function arpaError(lineNumber: number, what: string): SpeechError {
  return new SpeechError("invalid-arpa", `line ${lineNumber}: ${what}`);
}

/** The starts and ends of a line's fields, between blanks; found anew for each line, without allocating. */
export class Fields {
  count = 0;
  readonly #starts = new Uint32Array(MOST_FIELDS);
  readonly #ends = new Uint32Array(MOST_FIELDS);

  split(bytes: Uint8Array, start: number, end: number): void {
    this.count = 0;
    eachWord(bytes, start, end, this.#add);
  }

  start(index: number): number {
    return this.#starts[index] as number;
  }

  end(index: number): number {
    return this.#ends[index] as number;
  }

  /** More fields than an n-gram can have are only counted: typed arrays ignore what lies beyond their end. */
  readonly #add = (start: number, end: number): void => {
    this.#starts[this.count] = start;
    this.#ends[this.count] = end;
    this.count += 1;
  };
}

/** `ngram 2=1234`: the order and the number it announces. */
export function parseCount(line: string): { order: number; count: number } | undefined {
  const match = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(line);
  return match ? { order: Number(match[1]), count: Number(match[2]) } : undefined;
}

/** `\2-grams:`, with blanks where some tools put them: the order. */
export function parseSection(line: string): number | undefined {
  const match = /^\\\s*(\d+)\s*-\s*grams?\s*:?$/i.exec(line);
  return match ? Number(match[1]) : undefined;
}
