/** Cuts streamed bytes into lines, and lines into words, without making strings of them. */

/** One line: `bytes[start, end)`, without its line end. `lineNumber` counts from 1. */
export type LineHandler = (bytes: Uint8Array, start: number, end: number, lineNumber: number) => void;

const LINE_FEED = 10;
const SPACE = 32;

/** Takes chunks as they come, and hands on whole lines. */
export class LineSplitter {
  readonly #onLine: LineHandler;
  readonly #onUnended: (bytes: number, lineNumber: number) => void;
  /** The pieces of a line whose end has not come; joined once, however many they are. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;
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
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.#endLine(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.slice(start));
    this.#restBytes += chunk.length - start;
    this.#onUnended(this.#restBytes, this.#lineNumber + 1);
  }

  /** Hands on a last line that has no line end. */
  finish(): void {
    if (this.#rest.length > 0) this.#endLine(new Uint8Array(0), 0, 0);
  }

  #endLine(bytes: Uint8Array, start: number, end: number): void {
    if (this.#rest.length === 0) {
      this.#onLine(bytes, start, end, ++this.#lineNumber);
      return;
    }
    const line = joined([...this.#rest, bytes.subarray(start, end)], this.#restBytes + end - start);
    this.#rest = [];
    this.#restBytes = 0;
    this.#onLine(line, 0, line.length, ++this.#lineNumber);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Calls `onWord` for each word in `bytes[start, end)`: what stands between spaces, tabs and other ASCII control characters. */
export function eachWord(
  bytes: Uint8Array,
  start: number,
  end: number,
  onWord: (start: number, end: number) => void,
): void {
  for (let at = start; at < end; ) {
    while (at < end && (bytes[at] as number) <= SPACE) at += 1;
    const from = at;
    while (at < end && (bytes[at] as number) > SPACE) at += 1;
    if (at > from) onWord(from, at);
  }
}
