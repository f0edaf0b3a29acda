/** A model without some of its n-grams: what they leave goes to their contexts' back-off weights. */

import type { EstimatedNgrams } from "../estimation/estimate.js";
import { bitsOf } from "../float-bits.js";
import type { NgramModel } from "../model/ngram-model.js";
import type { PackedArray } from "../model/packed-array.js";
import { BackOff, type TrieLevel } from "../model/trie.js";
import { RecordWriter, type Run, type RunStorage } from "../records.js";
import { LEAST_MASS } from "./importance.js";

type Floats = Float32Array<ArrayBuffer>;

export interface PruningInput {
  model: NgramModel;
  /** For each order from 2, by index, what an n-gram is worth. */
  worth: readonly Floats[];
  /** N-grams worth less go. */
  threshold: number;
  storage: RunStorage;
}

/** What a model was estimated from, beside its n-grams. */
export type Origin = Pick<EstimatedNgrams, "discounts" | "numWords" | "numSentences">;

/** The n-grams that stay, with new back-off weights. An order of which nothing stays is no order of the result. */
export function withoutNgrams(input: PruningInput, origin: Origin): EstimatedNgrams {
  return new Pruning(input).run(origin);
}

/** Backs off in the pruned model, whose shorter contexts are weighed already. */
class PrunedBackOff extends BackOff {
  readonly #pruned: PrunedNgrams;

  constructor(levels: readonly TrieLevel[], pruned: PrunedNgrams) {
    super(levels);
    this.#pruned = pruned;
  }

  protected override has(level: number, index: number): boolean {
    return this.#pruned.stays(level, index);
  }

  protected override backOffOf(level: number, index: number): number {
    return (this.#pruned.backoffs[level] as Floats)[index] as number;
  }
}

/** What is left of a model's n-grams, and how their contexts back off. */
interface PrunedNgrams {
  stays(level: number, index: number): boolean;
  /** By level and index, natural logarithms: 0 where nothing is left to extend. */
  readonly backoffs: readonly Floats[];
}

class Pruning implements PrunedNgrams {
  readonly #model: NgramModel;
  readonly #levels: readonly TrieLevel[];
  readonly #worth: readonly Floats[];
  readonly #threshold: number;
  readonly #storage: RunStorage;
  readonly backoffs: readonly Floats[];
  readonly #backOff: BackOff;

  constructor({ model, worth, threshold, storage }: PruningInput) {
    this.#model = model;
    this.#levels = model.levels;
    this.#worth = worth;
    this.#threshold = threshold;
    this.#storage = storage;
    this.backoffs = model.levels.map(({ count }) => new Float32Array(count));
    this.#backOff = new PrunedBackOff(model.levels, this);
  }

  run({ discounts, numWords, numSentences }: Origin): EstimatedNgrams {
    // Short contexts first: the weights of longer ones follow from theirs.
    for (let n = 1; n < this.#levels.length; n++) this.#weighOrder(n);
    const ngrams = this.#write();
    const counts = ngrams.map(({ length }, index) => length / (index + 3));
    const order = counts.findLastIndex((count) => count > 0) + 1;
    const kept = { counts: counts.slice(0, order), ngrams: ngrams.slice(0, order) };
    return { vocabulary: this.#model.vocabulary, ...kept, discounts, numWords, numSentences };
  }

  stays(level: number, index: number): boolean {
    return level === 0 || ((this.#worth[level - 1] as Floats)[index] as number) >= this.#threshold;
  }

  /** The back-off weights of the contexts of `levels[n]`. */
  #weighOrder(n: number): void {
    const { count } = this.#levels[n - 1] as TrieLevel;
    const backoffs = this.backoffs[n - 1] as Floats;
    for (let context = 0; context < count; context++) backoffs[context] = this.#weigh(n, context);
  }

  #weigh(n: number, context: number): number {
    const level = this.#levels[n] as TrieLevel;
    const { firstChildren, links, backoffs } = this.#levels[n - 1] as TrieLevel;
    const shorter = links?.get(context) ?? 0;
    const end = (firstChildren as PackedArray).get(context + 1);
    let left = 1;
    let lowerLeft = 1;
    let kept = 0;
    for (let child = (firstChildren as PackedArray).get(context); child < end; child++) {
      if (!this.stays(n, child)) continue;
      kept += 1;
      left -= Math.exp(level.probabilities.get(child));
      lowerLeft -= Math.exp(this.#backOff.score(shorter, (level.words as PackedArray).get(child)));
    }
    if (kept === 0) return 0;
    // A context that foresees all but everything has no mass to share out anew.
    if (left < LEAST_MASS || lowerLeft < LEAST_MASS) return backoffs?.get(context) ?? 0;
    return Math.log(left / lowerLeft);
  }

  #write(): Run[] {
    const writers = this.#levels.map((_, index) => new RecordWriter(this.#storage, index + 3));
    const words = new Uint32Array(this.#levels.length);
    const { count } = this.#levels[0] as TrieLevel;
    for (let word = 0; word < count; word++) this.#writeFrom(0, word, words, writers);
    return writers.map((writer) => writer.finish());
  }

  /** Writes an n-gram, and those that extend it. */
  #writeFrom(level: number, index: number, words: Uint32Array, writers: readonly RecordWriter[]): void {
    const { words: lastWords, probabilities, firstChildren } = this.#levels[level] as TrieLevel;
    words[level] = lastWords?.get(index) ?? index;
    const writer = writers[level] as RecordWriter;
    const at = writer.reserve();
    writer.block.set(words.subarray(0, level + 1), at);
    writer.block[at + level + 1] = bitsOf(probabilities.get(index) / Math.LN10);
    writer.block[at + level + 2] = bitsOf(((this.backoffs[level] as Floats)[index] as number) / Math.LN10);
    if (firstChildren === undefined) return;
    const end = firstChildren.get(index + 1);
    for (let child = firstChildren.get(index); child < end; child++) {
      if (this.stays(level + 1, child)) this.#writeFrom(level + 1, child, words, writers);
    }
  }
}
