/**
 * Modified Kneser-Ney estimation of an n-gram model from text, by the algorithm of KenLM's `lmplz` (Heafield, Pouzyrevsky,
 * Clark and Koehn, "Scalable Modified Kneser-Ney Language Model Estimation", ACL 2013): four stages, each a pass over
 * sorted records, so that the text may be far larger than memory.
 *
 *     text ─count▶ highest order ─adjust▶ all orders ─discount▶ shares and γ ─interpolate▶ probabilities and back-offs
 *
 * Two things differ from `lmplz`. A text too small for the discounts gets its fallback without being asked. And `lmplz`
 * enters the last n-gram of each lower order into its counts of counts with the plain count instead of the adjusted one
 * (kpu/kenlm issue 427), which shifts the discounts of very small texts; here the adjusted count is used throughout.
 */

import { SpeechError } from "../../errors.js";
import { LineSplitter } from "../lines.js";
import type { RecordSorter } from "../record-sorter.js";
import { MemoryRunStorage, RecordWriter, type Run, RunCursor, type RunStorage } from "../records.js";
import { Vocabulary } from "../vocabulary.js";
import { adjustCounts } from "./adjust-counts.js";
import { NgramCounter } from "./count-ngrams.js";
import { type CountStatistics, type Discounts, type EstimatedDiscounts, estimateDiscounts } from "./discounts.js";
import { initialProbabilities } from "./initial-probabilities.js";
import { interpolate } from "./interpolate.js";
import { contextOrder, LARGEST_ORDER, Stage, suffixOrder } from "./stage.js";

/** What model is estimated, and in how much memory. */
export interface EstimationOptions {
  /** The longest n-gram, 1 to 6. */
  order: number;
  /**
   * For each order from 1, the largest count to leave out: `[0, 0, 1]` leaves out trigrams seen once. The last number
   * holds for all longer n-grams; the numbers must not fall. Default: nothing is left out.
   */
  prune?: readonly number[] | undefined;
  /** The only words that the model may hold; others count as unknown. Default: all words of the text. */
  vocabulary?: Iterable<string> | undefined;
  /** Overrides the discounts of each order from 1. Default: estimated from the text. */
  discounts?: readonly Discounts[] | undefined;
  /** The memory that records may take, in bytes. Default 1 GiB. */
  memoryBytes?: number | undefined;
  /** Where records go that do not fit. Default: memory all the same. */
  storage?: RunStorage | undefined;
  /** Told as each stage begins. */
  onStage?: ((stage: EstimationStage) => void) | undefined;
}

/** The steps of an estimation, in their order. */
export type EstimationStage = "adjust" | "discount" | "interpolate";

/** Probabilities and back-offs of all n-grams, before they take the form of a model. */
export interface EstimatedNgrams {
  /** Ids are those of the records. It may hold words that the model does not. */
  vocabulary: Vocabulary;
  /** For each order from 1, the number of n-grams. */
  counts: number[];
  /**
   * For each order from 1, records of the words, log10 of the probability and log10 of the back-off weight (Float32
   * bits), each n-gram after its own suffixes; unigrams by id.
   */
  ngrams: Run[];
  discounts: EstimatedDiscounts[];
  /** Words of the text, without the sentence marks. */
  numWords: number;
  numSentences: number;
}

/** The memory that estimation takes unless told otherwise. */
export const DEFAULT_MEMORY_BYTES = 2 ** 30;

/** Takes a text piece by piece, then estimates. */
export class NgramEstimator {
  readonly #options: EstimationOptions;
  readonly #prune: number[];
  readonly #stage: Stage;
  readonly #vocabulary = Vocabulary.create();
  readonly #counts: RecordSorter;
  readonly #counter: NgramCounter;
  #lines: LineSplitter;

  /** @throws SpeechError `invalid-option` naming the option */
  constructor(options: EstimationOptions) {
    const { order, storage = new MemoryRunStorage(), memoryBytes = DEFAULT_MEMORY_BYTES } = options;
    checkOrder(order);
    this.#options = options;
    this.#prune = prunePerOrder(options.prune ?? [], order);
    this.#stage = new Stage({ order, storage, memoryBytes });
    this.#counts = this.#stage.sorter(order + 1, suffixOrder(order), order);
    this.#counter = new NgramCounter(order, this.#vocabulary, this.#counts);
    this.#lines = this.#newLines();
  }

  /**
   * Counts more of the text, UTF-8, one sentence a line; chunks may end anywhere.
   *
   * @throws SpeechError `invalid-text`, naming the line, where `<s>`, `</s>` or `<unk>` stands as a word
   */
  addText(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** Ends one text: the next chunk starts a new line, and line 1 of a new file. */
  endText(): void {
    this.#lines.finish();
    this.#lines = this.#newLines();
  }

  /**
   * Estimates the model. The estimator is spent then.
   *
   * @throws SpeechError `invalid-text` when there was not a single word
   */
  finish(): EstimatedNgrams {
    this.endText();
    const { numWords, numSentences } = this.#counter;
    if (numWords === 0) throw new SpeechError("invalid-text", "the text holds no words; a language model needs some");
    const { statistics, sorters } = this.#adjust();
    const discounts = this.#discounts(statistics);
    const counts = statistics.map(({ kept }) => kept);
    const ngrams = this.#probabilities(sorters, discounts, counts[0] as number);
    return { vocabulary: this.#vocabulary, counts, ngrams, discounts, numWords, numSentences };
  }

  #newLines(): LineSplitter {
    return new LineSplitter((bytes, start, end, line) => this.#counter.addSentence(bytes, start, end, line));
  }

  #adjust(): { statistics: CountStatistics[]; sorters: RecordSorter[] } {
    this.#options.onStage?.("adjust");
    const { order } = this.#stage;
    const sorters = this.#stage.sorters((n) => n + 1, contextOrder);
    const excluded = excludedWords(this.#vocabulary, this.#options.vocabulary);
    const options = { order, prune: this.#prune, excluded };
    return { statistics: adjustCounts(this.#counts.finish(), options, sorters), sorters };
  }

  #discounts(statistics: CountStatistics[]): EstimatedDiscounts[] {
    const given = this.#options.discounts;
    if (given === undefined) return statistics.map(estimateDiscounts);
    if (given.length !== this.#stage.order) {
      throw new SpeechError(
        "invalid-option",
        `discounts hold ${given.length} entries; order ${this.#stage.order} needs one each`,
      );
    }
    return given.map((discounts) => ({ ...discounts, fallback: false }));
  }

  #probabilities(adjusted: RecordSorter[], discounts: EstimatedDiscounts[], numUnigrams: number): Run[] {
    this.#options.onStage?.("discount");
    const { storage } = this.#stage;
    const sorters = this.#stage.sorters((n) => n + 2, suffixOrder);
    const contextWriters = sorters.map((_, index) => new RecordWriter(storage, index + 1));
    for (const [index, sorter] of adjusted.entries()) {
      const options = { order: index + 1, discounts: discounts[index] as Discounts };
      const contexts = contextWriters[index] as RecordWriter;
      initialProbabilities(sorter.finish(), options, sorters[index] as RecordSorter, contexts);
    }
    this.#options.onStage?.("interpolate");
    const contexts = contextWriters.map((writer, index) => new RunCursor(writer.finish(), index + 1)).slice(1);
    const outputs = sorters.map((_, index) => new RecordWriter(storage, index + 3));
    interpolate({ ngrams: sorters.map((sorter) => sorter.finish()), contexts, numUnigrams }, outputs);
    return outputs.map((writer) => writer.finish());
  }
}

function checkOrder(order: number): void {
  if (Number.isInteger(order) && order >= 1 && order <= LARGEST_ORDER) return;
  throw new SpeechError("invalid-option", `order is ${order}; it must be a whole number from 1 to ${LARGEST_ORDER}`);
}

function prunePerOrder(prune: readonly number[], order: number): number[] {
  const whole = prune.every((count) => Number.isInteger(count) && count >= 0);
  const rising = prune.every((count, index) => index === 0 || count >= (prune[index - 1] as number));
  if (!whole || !rising || prune.length > order) {
    throw new SpeechError(
      "invalid-option",
      `prune is ${JSON.stringify(prune)}; it must hold at most ${order} whole numbers, none below the one before`,
    );
  }
  return Array.from({ length: order }, (_, index) => prune[index] ?? prune.at(-1) ?? 0);
}

/** By id: 1 for the words outside `allowed`. */
function excludedWords(vocabulary: Vocabulary, allowed: Iterable<string> | undefined): Uint8Array {
  const excluded = new Uint8Array(vocabulary.size);
  if (allowed === undefined) return excluded;
  excluded.fill(1);
  for (const word of allowed) {
    const id = vocabulary.idOf(word);
    if (id >= 0) excluded[id] = 0;
  }
  return excluded;
}
