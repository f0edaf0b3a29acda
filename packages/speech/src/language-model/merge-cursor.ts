/** Merges sorted record streams into one: the second half of an external sort (Knuth, vol. 3, section 5.4.1). */

import { compareRecords } from "./compare-records.js";
import type { RecordCursor } from "./records.js";

/** What makes two records equal, and what becomes of them then. */
export interface MergeOptions {
  width: number;
  /** The slots the inputs are sorted by, the most significant first. */
  keys: readonly number[];
  /** A slot to add up over records of equal keys, which become one; without it all are kept. */
  sumSlot?: number;
}

/** Counts stay below this, so that a flag fits beside them in 32 bits. */
export const LARGEST_COUNT = 0x7fffffff;

/** The sum of two counts, held at `LARGEST_COUNT`. */
export function addCounts(a: number, b: number): number {
  return Math.min(a + b, LARGEST_COUNT);
}

/** The union of sorted cursors, sorted: a binary heap with the smallest record's cursor on top. */
export class MergeCursor implements RecordCursor {
  readonly data: Uint32Array;
  readonly offset = 0;
  readonly #options: MergeOptions;
  readonly #heap: RecordCursor[];

  constructor(inputs: readonly RecordCursor[], options: MergeOptions) {
    this.data = new Uint32Array(options.width);
    this.#options = options;
    this.#heap = inputs.filter((input) => input.next());
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  next(): boolean {
    const { width, keys, sumSlot } = this.#options;
    const first = this.#heap[0];
    if (first === undefined) return false;
    for (let i = 0; i < width; i++) this.data[i] = first.data[first.offset + i] as number;
    this.#advance();
    if (sumSlot === undefined) return true;
    for (;;) {
      const other = this.#heap[0];
      if (other === undefined || compareRecords(this.data, 0, other.data, other.offset, keys) !== 0) return true;
      this.data[sumSlot] = addCounts(this.data[sumSlot] as number, other.data[other.offset + sumSlot] as number);
      this.#advance();
    }
  }

  /** Moves the top cursor on, and restores the heap. */
  #advance(): void {
    const heap = this.#heap;
    if (!(heap[0] as RecordCursor).next()) {
      const last = heap.pop() as RecordCursor;
      if (heap.length === 0) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const moved = heap[start] as RecordCursor;
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1] as RecordCursor, heap[child] as RecordCursor)) {
        child += 1;
      }
      if (!this.#before(heap[child] as RecordCursor, moved)) break;
      heap[at] = heap[child] as RecordCursor;
      at = child;
    }
    heap[at] = moved;
  }

  #before(a: RecordCursor, b: RecordCursor): boolean {
    return compareRecords(a.data, a.offset, b.data, b.offset, this.#options.keys) < 0;
  }
}
