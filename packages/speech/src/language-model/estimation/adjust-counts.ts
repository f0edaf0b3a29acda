/**
 * The second stage: adjusted counts of every order from the counts of the highest (Heafield et al. 2013, section 3.2).
 * The adjusted count of an n-gram below the highest order is the number of different words before it; of an n-gram that
 * starts with `<s>`, which nothing precedes, it is the plain count.
 */

import { addCounts } from "../merge-cursor.js";
import type { RecordSorter } from "../record-sorter.js";
import type { RecordCursor } from "../records.js";
import { END_ID, START_ID, UNKNOWN_ID } from "../special-words.js";
import type { CountStatistics } from "./discounts.js";

/** Beside a count: this n-gram is to leave the model. */
export const PRUNED = 0x80000000;

export interface AdjustmentOptions {
  order: number;
  /** For each order, the largest count to prune: 0 prunes nothing. */
  prune: readonly number[];
  /** By word id: 1 for a word that the model must not hold. */
  excluded: Uint8Array;
}

/** Follows the n-grams of the highest order, sorted by suffix, and passes on those of every order. */
class CountAdjuster {
  readonly #options: AdjustmentOptions;
  readonly #sorters: readonly RecordSorter[];
  readonly statistics: CountStatistics[];
  /** The last highest-order n-gram, and for each length of its suffix the adjusted and the plain count so far. */
  readonly #words: Uint32Array;
  readonly #adjusted: number[];
  readonly #plain: number[];
  /** The longest suffix still being counted. */
  #depth = 0;

  constructor(options: AdjustmentOptions, sorters: readonly RecordSorter[]) {
    const { order } = options;
    this.#options = options;
    this.#sorters = sorters;
    this.statistics = sorters.map(() => ({ total: 0, kept: 0, countsOfCounts: [0, 0, 0, 0, 0] }));
    this.#words = new Uint32Array(order);
    this.#adjusted = new Array<number>(order + 1).fill(0);
    this.#plain = new Array<number>(order + 1).fill(0);
    for (const id of [UNKNOWN_ID, START_ID]) this.#emit(Uint32Array.of(id), 0, 1, 0, 0);
  }

  /** Takes the next n-gram of the highest order. */
  add(data: Uint32Array, offset: number): void {
    const { order } = this.#options;
    const count = data[offset + order] as number;
    const same = this.#sameSuffix(data, offset);
    this.#close(same);
    for (let length = 1; length <= same; length++)
      this.#plain[length] = addCounts(this.#plain[length] as number, count);
    if (same > 0) this.#adjusted[same] = (this.#adjusted[same] as number) + 1;
    for (let i = 0; i < order; i++) this.#words[i] = data[offset + i] as number;
    this.#open(same + 1, count);
  }

  /** Passes on what is still being counted. */
  finish(): void {
    this.#close(0);
  }

  /** The number of words at the end that this n-gram shares with the last, of those that count. */
  #sameSuffix(data: Uint32Array, offset: number): number {
    const last = this.#options.order - 1;
    let same = 0;
    while (same < this.#depth && this.#words[last - same] === data[offset + last - same]) same += 1;
    return same;
  }

  /** Starts counting the suffixes of `length` words and more, as far as the sentence reaches back. */
  #open(length: number, count: number): void {
    const { order } = this.#options;
    for (let n = length; n < order; n++) {
      const fromStart = this.#words[order - n] === START_ID;
      this.#adjusted[n] = fromStart ? count : 1;
      this.#plain[n] = count;
      this.#depth = n;
      if (fromStart) return;
    }
    this.#depth = order - 1;
    this.#emit(this.#words, 0, order, count, count);
  }

  /** Passes on the suffixes of more than `same` words. */
  #close(same: number): void {
    const { order } = this.#options;
    for (let n = this.#depth; n > same; n--) {
      this.#emit(this.#words, order - n, n, this.#adjusted[n] as number, this.#plain[n] as number);
    }
    this.#depth = same;
  }

  #emit(words: Uint32Array, offset: number, n: number, adjusted: number, plain: number): void {
    const pruned = this.#isPruned(words, offset, n, plain);
    const statistics = this.statistics[n - 1] as CountStatistics;
    statistics.total += 1;
    if (!pruned) statistics.kept += 1;
    if (adjusted < 5) statistics.countsOfCounts[adjusted]!++;
    const sorter = this.#sorters[n - 1] as RecordSorter;
    const at = sorter.reserve();
    const { block } = sorter;
    for (let i = 0; i < n; i++) block[at + i] = words[offset + i] as number;
    block[at + n] = pruned ? (adjusted | PRUNED) >>> 0 : adjusted;
  }

  #isPruned(words: Uint32Array, offset: number, n: number, plain: number): boolean {
    const { prune, excluded } = this.#options;
    if (n === 1 && (words[offset] as number) <= END_ID) return false;
    if (plain <= (prune[n - 1] as number)) return true;
    for (let i = 0; i < n; i++) {
      if (excluded[words[offset + i] as number] === 1) return true;
    }
    return false;
  }
}

/**
 * Passes the n-grams of every order, `<unk>` and `<s>` with count 0 among them, to `sorters`, one for each order from 1:
 * records of the words and the adjusted count, with the bit `PRUNED` set where the n-gram is to leave the model.
 *
 * @param counts n-grams of the highest order and their counts, in suffix order
 * @returns the statistics of each order from 1, pruned n-grams included
 */
export function adjustCounts(
  counts: RecordCursor,
  options: AdjustmentOptions,
  sorters: readonly RecordSorter[],
): CountStatistics[] {
  const adjuster = new CountAdjuster(options, sorters);
  while (counts.next()) adjuster.add(counts.data, counts.offset);
  adjuster.finish();
  return adjuster.statistics;
}
