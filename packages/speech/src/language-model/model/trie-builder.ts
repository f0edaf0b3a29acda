/** Builds the trie of a model, order by order, from n-grams that come in any order. */

import { quote, SpeechError } from "../../errors.js";
import { bitsOf, floatAt } from "../float-bits.js";
import { SortWorkspace } from "../radix-sort.js";
import { RecordSorter } from "../record-sorter.js";
import { MemoryRunStorage, type RecordCursor, type RunStorage } from "../records.js";
import type { Vocabulary } from "../vocabulary.js";
import { PackedArray } from "./packed-array.js";
import { type QuantisationBits, QuantisedValues, quantise } from "./quantised-values.js";
import { BackOff, findChild, type TrieLevel } from "./trie.js";

export interface TrieBuilderOptions {
  order: number;
  /** Bits for each probability and back-off of two words and more; unigrams are always exact. Default 8. */
  bits?: QuantisationBits | undefined;
  /** The memory that the n-grams of one order may take until they are sorted, in bytes. Default 1 GiB. */
  memoryBytes?: number | undefined;
  /** Where those go that do not fit. Default: memory all the same. */
  storage?: RunStorage | undefined;
}

/** Quantisation of models unless told otherwise. */
export const DEFAULT_QUANTISATION_BITS: QuantisationBits = 8;

/** Record slots: the context's index, the last word, the probability and the back-off. */
const CONTEXT = 0;
const WORD = 1;
const PROBABILITY = 2;
const BACKOFF = 3;
const WIDTH = 4;

/** States are whole numbers up to this. */
const LARGEST_STATE = 2 ** 31 - 1;

/** Why an n-gram was refused: its context is no n-gram of the order below, or one without a back-off. */
export type Refusal = "no-context" | "no-backoff";

type Floats = Float32Array<ArrayBuffer>;
/** A level under construction. */
type OpenLevel = { -readonly [Key in keyof TrieLevel]: TrieLevel[Key] };

/** Take `setUnigrams`; for each further order `beginOrder`, `add` for each n-gram, `endOrder`; then `levels`. */
export class TrieBuilder {
  readonly #options: TrieBuilderOptions;
  readonly #bits: QuantisationBits;
  readonly #vocabulary: Vocabulary;
  readonly #workspace = new SortWorkspace();
  readonly #levels: OpenLevel[] = [];
  readonly #backOff = new BackOff(this.#levels);
  /** Of the last finished order; NaN where there is none. They are final once it is known what extends them. */
  #backoffs: Floats = new Float32Array(0);
  #sorter: RecordSorter | undefined;
  #added = 0;
  /** The context of the last n-gram, which the next one often shares, and its index; -1 where there is none. */
  readonly #lastContext: Uint32Array;
  #lastIndex = -1;

  /** @param vocabulary names words in errors; its ids are those of the n-grams */
  constructor(vocabulary: Vocabulary, options: TrieBuilderOptions) {
    this.#vocabulary = vocabulary;
    this.#options = options;
    this.#lastContext = new Uint32Array(options.order);
    this.#bits = options.bits ?? DEFAULT_QUANTISATION_BITS;
  }

  /** The finished orders. */
  get levels(): readonly TrieLevel[] {
    return this.#levels;
  }

  /** The unigrams: natural logarithms by word id; NaN for a back-off that is not there. */
  setUnigrams(probabilities: Floats, backoffs: Floats): void {
    this.#levels.push({
      count: probabilities.length,
      firstState: 1,
      words: undefined,
      probabilities: new QuantisedValues(probabilities, undefined),
      backoffs: undefined,
      firstChildren: undefined,
      links: undefined,
    });
    this.#backoffs = backoffs;
  }

  /** Starts the next order. */
  beginOrder(): void {
    const { memoryBytes = 2 ** 30, storage = new MemoryRunStorage() } = this.#options;
    const memory = { storage, workspace: this.#workspace, memoryBytes: memoryBytes / 2 };
    this.#sorter = new RecordSorter({ width: WIDTH, keys: [CONTEXT, WORD], ...memory });
    this.#added = 0;
    this.#lastIndex = -1;
  }

  /**
   * Adds an n-gram of the order begun: its word ids from `words[offset]` on, natural logarithms.
   *
   * @param backoff NaN where there is none
   * @returns a refusal where the model would not hold together
   */
  add(words: Uint32Array, offset: number, probability: number, backoff: number): Refusal | undefined {
    const order = this.#levels.length + 1;
    const context = this.#contextOf(words, offset, order - 1);
    if (context === -1) return "no-context";
    if (Number.isNaN(this.#backoffs[context])) return "no-backoff";
    const sorter = this.#sorter as RecordSorter;
    const at = sorter.reserve();
    const { block } = sorter;
    block[at + CONTEXT] = context;
    block[at + WORD] = words[offset + order - 1] as number;
    block[at + PROBABILITY] = bitsOf(probability);
    block[at + BACKOFF] = bitsOf(backoff);
    this.#added += 1;
    return undefined;
  }

  /** After a refusal for want of a back-off: what the last n-gram continued has weight 1. */
  assumeBackoff(): void {
    this.#backoffs[this.#lastIndex] = 0;
  }

  /** The index of the n-gram that an n-gram of the order begun continues, or -1. */
  #contextOf(words: Uint32Array, offset: number, length: number): number {
    const last = this.#lastContext;
    let same = this.#lastIndex !== -1;
    for (let n = 0; n < length; n++) {
      const word = words[offset + n] as number;
      same &&= last[n] === word;
      last[n] = word;
    }
    if (same) return this.#lastIndex;
    let index = last[0] as number;
    for (let n = 1; n < length && index !== -1; n++) {
      index = findChild(this.#levels[n - 1] as TrieLevel, this.#levels[n] as TrieLevel, index, last[n] as number);
    }
    this.#lastIndex = index;
    return index;
  }

  /**
   * Finishes the order begun.
   *
   * @throws SpeechError `invalid-arpa` for an n-gram that was added twice; `invalid-language-model` for too many
   */
  endOrder(): void {
    const count = this.#added;
    const below = this.#levels.at(-1) as OpenLevel;
    const firstState = below.firstState + below.count;
    if (firstState + count > LARGEST_STATE) {
      throw new SpeechError("invalid-language-model", `the model has over ${LARGEST_STATE} n-grams; prune it`);
    }
    const sorted = (this.#sorter as RecordSorter).finish();
    this.#sorter = undefined;
    const { words, probabilities, backoffs } = this.#unpack(sorted, count, below);
    below.backoffs = quantise(this.#backoffs.map(orZero), this.#levels.length === 1 ? 32 : this.#bits);
    this.#backoffs = backoffs;
    const level: OpenLevel = {
      count,
      firstState,
      words,
      probabilities: quantise(probabilities, this.#bits),
      backoffs: undefined,
      firstChildren: undefined,
      links: undefined,
    };
    this.#levels.push(level);
    level.links = this.#linksOf(level, below);
  }

  /** Spreads sorted records over arrays, and notes in the order below where the n-grams of each context begin. */
  #unpack(sorted: RecordCursor, count: number, below: OpenLevel) {
    const words = PackedArray.create(count, this.#vocabulary.size - 1);
    const probabilities = new Float32Array(count);
    const backoffs = new Float32Array(count);
    const firstChildren = PackedArray.create(below.count + 1, count);
    let context = -1;
    let word = -1;
    for (let index = 0; sorted.next(); index++) {
      const { data, offset } = sorted;
      const nextContext = data[offset + CONTEXT] as number;
      const nextWord = data[offset + WORD] as number;
      if (nextContext === context && nextWord === word) this.#refuseTwin(word);
      while (context < nextContext) firstChildren.set(++context, index);
      word = nextWord;
      words.set(index, word);
      probabilities[index] = floatAt(data, offset + PROBABILITY);
      backoffs[index] = floatAt(data, offset + BACKOFF);
    }
    while (context < below.count) firstChildren.set(++context, count);
    below.firstChildren = firstChildren;
    return { words, probabilities, backoffs };
  }

  #refuseTwin(word: number): never {
    const order = this.#levels.length + 1;
    const last = quote(this.#vocabulary.word(word));
    throw new SpeechError("invalid-arpa", `one of the ${order}-grams that end with ${last} stands in the model twice`);
  }

  /** The link of an n-gram is what the link of its context, or the nearest beyond, becomes with the same last word. */
  #linksOf(level: TrieLevel, below: TrieLevel): PackedArray {
    const links = PackedArray.create(level.count, level.firstState - 1);
    const firstChildren = below.firstChildren as PackedArray;
    for (let context = 0; context < below.count; context++) {
      const end = firstChildren.get(context + 1);
      const contextLink = below.links?.get(context) ?? 0;
      for (let index = firstChildren.get(context); index < end; index++) {
        this.#backOff.find(contextLink, (level.words as PackedArray).get(index));
        links.set(index, this.#backOff.state);
      }
    }
    return links;
  }
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
