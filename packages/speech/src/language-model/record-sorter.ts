/**
 * Sorts any number of records within a fixed piece of memory: blocks are sorted in memory, spilled as runs when full,
 * and merged at the end. What fits into one block is never spilled.
 */

import { compareRecords } from "./compare-records.js";
import { addCounts, MergeCursor, type MergeOptions } from "./merge-cursor.js";
import { type SortWorkspace, sortRecords } from "./radix-sort.js";
import { ArrayCursor, type RecordCursor, RecordWriter, type Run, RunCursor, type RunStorage } from "./records.js";

export interface RecordSorterOptions extends MergeOptions {
  storage: RunStorage;
  workspace: SortWorkspace;
  /** How much memory the block may take; the workspace takes as much again. */
  memoryBytes: number;
}

/** More runs than this are merged before the end, so that neither buffers nor open files multiply. */
const MOST_RUNS = 64;
const FIRST_RECORDS = 1024;

/** Takes records in any order and gives them back sorted. */
export class RecordSorter {
  /** Write the fields of a new record here, from the offset that `reserve()` returns. Replaced as it grows. */
  block: Uint32Array;
  readonly #options: RecordSorterOptions;
  readonly #capacity: number;
  #used = 0;
  #runs: Run[] = [];

  constructor(options: RecordSorterOptions) {
    const records = Math.max(FIRST_RECORDS, Math.floor(options.memoryBytes / (options.width * 4)));
    this.#options = options;
    this.#capacity = records * options.width;
    this.block = new Uint32Array(FIRST_RECORDS * options.width);
  }

  /** Makes room for one record. */
  reserve(): number {
    if (this.#used === this.block.length) this.#makeRoom();
    const at = this.#used;
    this.#used += this.#options.width;
    return at;
  }

  /** All records, sorted; those of equal keys as one where `sumSlot` is given. The sorter is spent then. */
  finish(): RecordCursor {
    const { width } = this.#options;
    this.#sortBlock();
    if (this.#runs.length === 0) return new ArrayCursor(this.block, this.#used / width, width);
    this.#spill();
    this.block = new Uint32Array(0);
    return this.#merged();
  }

  #makeRoom(): void {
    if (this.block.length < this.#capacity) {
      const grown = new Uint32Array(Math.min(this.block.length * 2, this.#capacity));
      grown.set(this.block);
      this.block = grown;
      return;
    }
    this.#sortBlock();
    // Where many records fell together, the block is worth filling up again.
    if (this.#used > this.#capacity / 2) this.#spill();
  }

  #sortBlock(): void {
    const { width, keys, sumSlot, workspace } = this.#options;
    sortRecords(this.block, this.#used / width, width, keys, workspace);
    if (sumSlot !== undefined) this.#used = sumEqualRecords(this.block, this.#used, width, keys, sumSlot);
  }

  #spill(): void {
    const writer = this.#options.storage.createRun();
    writer.append(this.block.subarray(0, this.#used));
    this.#runs.push(writer.finish());
    this.#used = 0;
    if (this.#runs.length >= MOST_RUNS) this.#runs = [this.#mergeIntoOne()];
  }

  #merged(): RecordCursor {
    const { width } = this.#options;
    const cursors = this.#runs.map((run) => new RunCursor(run, width));
    return new MergeCursor(cursors, this.#options);
  }

  #mergeIntoOne(): Run {
    const { storage, width } = this.#options;
    const writer = new RecordWriter(storage, width);
    for (const cursor = this.#merged(); cursor.next(); ) {
      const at = writer.reserve();
      for (let i = 0; i < width; i++) writer.block[at + i] = cursor.data[cursor.offset + i] as number;
    }
    return writer.finish();
  }
}

/** Makes one record of each stretch of equal keys, in place; returns how many numbers remain. */
function sumEqualRecords(
  data: Uint32Array,
  used: number,
  width: number,
  keys: readonly number[],
  sumSlot: number,
): number {
  if (used === 0) return 0;
  let last = 0;
  for (let at = width; at < used; at += width) {
    if (compareRecords(data, last, data, at, keys) === 0) {
      data[last + sumSlot] = addCounts(data[last + sumSlot] as number, data[at + sumSlot] as number);
    } else {
      last += width;
      if (last !== at) data.copyWithin(last, at, at + width);
    }
  }
  return last + width;
}
