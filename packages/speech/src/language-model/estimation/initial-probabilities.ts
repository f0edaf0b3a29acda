/**
 * The third stage: for each n-gram its discounted share of its context's counts, and for each context γ, the share that
 * goes to the shorter context (Heafield et al. 2013, section 3.3). Pruned n-grams give all of their count to γ, so that
 * every distribution still sums to one, as KenLM does it.
 */

import { bitsOf } from "../float-bits.js";
import type { RecordSorter } from "../record-sorter.js";
import type { RecordCursor, RecordWriter } from "../records.js";
import { START_ID } from "../special-words.js";
import { PRUNED } from "./adjust-counts.js";
import { type Discounts, discountOf } from "./discounts.js";

const COUNT = PRUNED - 1;

export interface InitialProbabilityOptions {
  order: number;
  discounts: Discounts;
}

/** The n-grams of one context, gathered until all are there. */
class ContextGroup {
  #data = new Uint32Array(4096);
  #used = 0;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  get data(): Uint32Array {
    return this.#data;
  }

  get used(): number {
    return this.#used;
  }

  clear(): void {
    this.#used = 0;
  }

  /** Whether the n-gram at `offset` has the context of those gathered; true of any when there are none. */
  accepts(data: Uint32Array, offset: number): boolean {
    if (this.#used === 0) return true;
    for (let i = 0; i < this.#width - 2; i++) {
      if (data[offset + i] !== this.#data[i]) return false;
    }
    return true;
  }

  add(data: Uint32Array, offset: number): void {
    if (this.#used + this.#width > this.#data.length) {
      const grown = new Uint32Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    for (let i = 0; i < this.#width; i++) this.#data[this.#used + i] = data[offset + i] as number;
    this.#used += this.#width;
  }
}

/**
 * Turns the adjusted counts of one order into discounted probabilities.
 *
 * @param counts records of `order` words and an adjusted count, in context order
 * @param ngrams takes records of `order` words, probability and γ of the context (Float32 bits), without the pruned
 * @param contexts takes, in suffix order, records of `order - 1` words and γ; not used for unigrams
 */
export function initialProbabilities(
  counts: RecordCursor,
  { order, discounts }: InitialProbabilityOptions,
  ngrams: RecordSorter,
  contexts: RecordWriter,
): void {
  const group = new ContextGroup(order + 1);
  const finishGroup = () => {
    if (group.used === 0) return;
    const shares = contextShares(group, order, discounts);
    if (order > 1) writeContext(group.data, order, shares.gamma, contexts);
    writeNgrams(group, order, shares, discounts, ngrams);
    group.clear();
  };
  while (counts.next()) {
    if (!group.accepts(counts.data, counts.offset)) finishGroup();
    group.add(counts.data, counts.offset);
  }
  finishGroup();
}

interface ContextShares {
  /** The sum of all adjusted counts. */
  total: number;
  gamma: number;
}

function contextShares(group: ContextGroup, order: number, discounts: Discounts): ContextShares {
  let total = 0;
  let givenUp = 0;
  for (let at = order; at < group.used; at += order + 1) {
    const marked = group.data[at] as number;
    const count = marked & COUNT;
    total += count;
    givenUp += marked >= PRUNED ? count : discountOf(count, discounts);
  }
  return { total, gamma: givenUp / total };
}

function writeContext(words: Uint32Array, order: number, gamma: number, contexts: RecordWriter): void {
  const at = contexts.reserve();
  for (let i = 0; i < order - 1; i++) contexts.block[at + i] = words[i] as number;
  contexts.block[at + order - 1] = bitsOf(gamma);
}

function writeNgrams(
  group: ContextGroup,
  order: number,
  { total, gamma }: ContextShares,
  discounts: Discounts,
  ngrams: RecordSorter,
): void {
  const { data, used } = group;
  for (let from = 0; from < used; from += order + 1) {
    const count = data[from + order] as number;
    if (count >= PRUNED) continue;
    const at = ngrams.reserve();
    const { block } = ngrams;
    for (let i = 0; i < order; i++) block[at + i] = data[from + i] as number;
    const isStart = order === 1 && data[from] === START_ID;
    // The start of a sentence is certain, and not a word that could follow; the unknown word has γ's share alone.
    block[at + order] = bitsOf(isStart ? 1 : (count - discountOf(count, discounts)) / total);
    block[at + order + 1] = bitsOf(isStart ? 0 : gamma);
  }
}

/** The uniform distribution below the unigrams: over all words but `<s>`, the unknown one among them. */
export function uniformProbability(numUnigrams: number): number {
  return 1 / (numUnigrams - 1);
}
