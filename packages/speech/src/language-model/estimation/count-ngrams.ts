/**
 * The first stage: a text's n-grams of the highest order, counted. Lower orders need no count of their own, since
 * everything about them follows from these (Heafield et al., "Scalable Modified Kneser-Ney Language Model Estimation",
 * ACL 2013, section 3.1).
 */

import { quote, SpeechError } from "../../errors.js";
import { eachWord } from "../lines.js";
import type { RecordSorter } from "../record-sorter.js";
import { END_ID, START_ID } from "../special-words.js";
import type { Vocabulary } from "../vocabulary.js";

/** Turns sentences into records of `order` word ids and a count. */
export class NgramCounter {
  /** Words counted, without the sentence marks. */
  numWords = 0;
  numSentences = 0;
  readonly #vocabulary: Vocabulary;
  readonly #sorter: RecordSorter;
  /** The last `order` words. */
  readonly #window: Uint32Array;

  constructor(order: number, vocabulary: Vocabulary, sorter: RecordSorter) {
    this.#vocabulary = vocabulary;
    this.#sorter = sorter;
    this.#window = new Uint32Array(order);
  }

  /**
   * Counts the sentence in `bytes[start, end)`, words between blanks; a line without words is left out.
   *
   * @throws SpeechError `invalid-text` when a special word stands in it
   */
  addSentence(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    this.#window.fill(START_ID);
    const before = this.numWords;
    eachWord(bytes, start, end, (from, to) => this.#addWord(bytes, from, to, lineNumber));
    if (this.numWords === before) return;
    this.#count(END_ID);
    this.numSentences += 1;
  }

  #addWord(bytes: Uint8Array, start: number, end: number, lineNumber: number): void {
    const id = this.#vocabulary.findOrAdd(bytes, start, end);
    if (id <= END_ID) {
      const word = this.#vocabulary.word(id);
      throw new SpeechError(
        "invalid-text",
        `line ${lineNumber} holds the word ${quote(word)}, which the model keeps for itself; remove it from the text`,
      );
    }
    this.numWords += 1;
    this.#count(id);
  }

  #count(id: number): void {
    const window = this.#window;
    const order = window.length;
    for (let i = 1; i < order; i++) window[i - 1] = window[i] as number;
    window[order - 1] = id;
    const at = this.#sorter.reserve();
    const { block } = this.#sorter;
    for (let i = 0; i < order; i++) block[at + i] = window[i] as number;
    block[at + order] = 1;
  }
}
