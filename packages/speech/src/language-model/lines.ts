/** Cuts streamed bytes into lines, without making strings of them. */

/** One line: `bytes[start, end)`, without its line end. `lineNumber` counts from 1. */
export type LineHandler = (bytes: Uint8Array, start: number, end: number, lineNumber: number) => void;

const LINE_FEED = 10;
const SPACE = 32;

/** Takes chunks as they come, and hands on whole lines. */
export class LineSplitter {
  readonly #onLine: LineHandler;
  readonly #onUnended: (bytes: number, lineNumber: number) => void;
  #rest = new Uint8Array(0);
  #lineNumber = 0;

  /** @param onUnended told how long a line without an end has grown so far; may throw to refuse it */
  constructor(onLine: LineHandler, onUnended: (bytes: number, lineNumber: number) => void = () => {}) {
    this.#onLine = onLine;
    this.#onUnended = onUnended;
  }

  /** The lines handed on so far. */
  get lineNumber(): number {
    return this.#lineNumber;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? chunk : concatenate(this.#rest, chunk);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.#onLine(bytes, start, end, ++this.#lineNumber);
      start = end + 1;
    }
    this.#rest = bytes.slice(start);
    this.#onUnended(this.#rest.length, this.#lineNumber + 1);
  }

  /** Hands on a last line that has no line end. */
  finish(): void {
    if (this.#rest.length > 0) this.#onLine(this.#rest, 0, this.#rest.length, ++this.#lineNumber);
    this.#rest = new Uint8Array(0);
  }
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Whether a byte separates words: a space, a tab or any other ASCII control character. */
export function isBlank(byte: number): boolean {
  return byte <= SPACE;
}
