/**
 * Sorts fixed-width records of unsigned 32-bit numbers, tens of millions of them, in place in one typed array: a radix
 * sort from the least significant digit (Knuth, The Art of Computer Programming, vol. 3, section 5.2.5), which touches
 * memory in order and makes no object.
 */

import { compareRecords } from "./compare-records.js";

/** Beyond 2048 places to write to, the processor's caches no longer help. */
const MOST_DIGIT_BITS = 11;

/** A second array for the records to move into and back. One serves many sorts, and grows with the largest. */
export class SortWorkspace {
  #array = new Uint32Array(0);

  /** An array of at least `length` numbers; what it holds is lost with the next call. */
  take(length: number): Uint32Array {
    if (this.#array.length < length) this.#array = new Uint32Array(length);
    return this.#array;
  }
}

/**
 * Sorts the first `count` records of `data`, each `width` numbers wide, by the slots `keys`, the most significant first.
 * Records of equal keys keep their order.
 */
export function sortRecords(
  data: Uint32Array,
  count: number,
  width: number,
  keys: readonly number[],
  workspace: SortWorkspace,
): void {
  if (areSorted(data, count, width, keys)) return;
  let from = data;
  let to = workspace.take(count * width);
  for (const key of keys.toReversed()) {
    const bits = 32 - Math.clz32(usedBits(from, count, width, key));
    const digitBits = Math.ceil(bits / Math.ceil(bits / MOST_DIGIT_BITS));
    for (let shift = 0; shift < bits; shift += digitBits) {
      if (sortByDigit(from, to, count, width, { key, shift, digitBits })) [from, to] = [to, from];
    }
  }
  if (from !== data) data.set(from.subarray(0, count * width));
}

function areSorted(data: Uint32Array, count: number, width: number, keys: readonly number[]): boolean {
  for (let at = width; at < count * width; at += width) {
    if (compareRecords(data, at - width, data, at, keys) > 0) return false;
  }
  return true;
}

/** Every bit that is set in any record's key. */
function usedBits(data: Uint32Array, count: number, width: number, key: number): number {
  let bits = 0;
  for (let i = key; i < count * width; i += width) bits |= data[i] as number;
  return bits;
}

interface Digit {
  key: number;
  shift: number;
  digitBits: number;
}

/** One stable pass; false, with nothing moved, when all records share the digit. */
function sortByDigit(from: Uint32Array, to: Uint32Array, count: number, width: number, digit: Digit): boolean {
  const { key, shift, digitBits } = digit;
  const mask = (1 << digitBits) - 1;
  const starts = new Uint32Array(mask + 1);
  const end = count * width;
  for (let i = key; i < end; i += width) starts[((from[i] as number) >>> shift) & mask]!++;
  let sum = 0;
  for (let value = 0; value <= mask; value++) {
    const found = starts[value] as number;
    if (found === count) return false;
    starts[value] = sum;
    sum += found * width;
  }
  for (let i = 0; i < end; i += width) {
    const value = ((from[i + key] as number) >>> shift) & mask;
    const at = starts[value] as number;
    starts[value] = at + width;
    for (let j = 0; j < width; j++) to[at + j] = from[i + j] as number;
  }
  return true;
}
