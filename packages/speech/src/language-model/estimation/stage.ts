/** What the stages of estimation share: where records go, and how much memory each stage may take. */

import { SortWorkspace } from "../radix-sort.js";
import { RecordSorter } from "../record-sorter.js";
import type { RunStorage } from "../records.js";

/** The longest n-grams that can be estimated. */
export const LARGEST_ORDER = 6;

export interface StageOptions {
  order: number;
  storage: RunStorage;
  /** The memory that all records together may take. */
  memoryBytes: number;
}

/** Hands out sorters whose blocks, together with the workspace they share, stay within the memory. */
export class Stage {
  readonly order: number;
  readonly storage: RunStorage;
  readonly #memoryBytes: number;
  readonly #workspace = new SortWorkspace();

  constructor({ order, storage, memoryBytes }: StageOptions) {
    this.order = order;
    this.storage = storage;
    this.#memoryBytes = memoryBytes;
  }

  /** A sorter for the whole stage: a quarter of the memory, and a quarter for the workspace. */
  sorter(width: number, keys: readonly number[], sumSlot: number): RecordSorter {
    const memoryBytes = this.#memoryBytes / 4;
    return new RecordSorter({ width, keys, sumSlot, storage: this.storage, workspace: this.#workspace, memoryBytes });
  }

  /**
   * One sorter for each order, which share a quarter of the memory. A stage reads the sorters of the stage before while
   * it fills its own, so that half the memory is in use, the workspace is a quarter, and buffers have the rest.
   */
  sorters(width: (order: number) => number, keys: (order: number) => readonly number[]): RecordSorter[] {
    const memoryBytes = this.#memoryBytes / 4 / this.order;
    return Array.from({ length: this.order }, (_, index) => {
      const options = { storage: this.storage, workspace: this.#workspace, memoryBytes };
      return new RecordSorter({ ...options, width: width(index + 1), keys: keys(index + 1) });
    });
  }
}

/** The slots of an n-gram's words from last to first: sorted by them, each n-gram follows its own suffixes. */
export function suffixOrder(order: number): number[] {
  return Array.from({ length: order }, (_, index) => order - 1 - index);
}

/** The slots of the context from last to first, then the last word: n-grams of one context stand together. */
export function contextOrder(order: number): number[] {
  return [...suffixOrder(order).slice(1), order - 1];
}
