/**
 * How often each context of a model stands in a text. The model is followed over the text, word by word: the state
 * before each word is the longest context that the model knows there, and all shorter ones are found over its links.
 *
 * Pruning needs these: P(h) out of a Kneser-Ney model's own lower orders is far off, since those count what a word
 * follows, not how often it is used (Chelba, Brants, Neveitt and Xu, "Study on Interaction between Entropy Pruning and
 * Kneser-Ney Smoothing", Interspeech 2010).
 */

import { eachWord, LineSplitter } from "../lines.js";
import type { NgramModel } from "../model/ngram-model.js";
import type { TrieLevel } from "../model/trie.js";
import { UNKNOWN_ID } from "../special-words.js";
import type { LmState } from "../types.js";

/** Takes a text piece by piece; `finish` gives the counts. */
export class ContextCounter {
  readonly #model: NgramModel;
  readonly #counts: Float64Array<ArrayBuffer>;
  #lines = this.#newLines();

  constructor(model: NgramModel) {
    this.#model = model;
    this.#counts = new Float64Array(model.counts.reduce((sum, count) => sum + count, 1));
  }

  /** Counts more of the text, UTF-8, one sentence a line; chunks may end anywhere. */
  addText(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** Ends one text: the next chunk starts a new line. */
  endText(): void {
    this.#lines.finish();
    this.#lines = this.#newLines();
  }

  /** By state: how many words of the text, and ends of sentences, follow that context. State 0 has all of them. */
  finish(): Float64Array<ArrayBuffer> {
    this.endText();
    const counts = this.#counts;
    // From long to short, so that what has come down from above goes on down.
    for (const level of this.#model.levels.toReversed()) addToShorter(level, counts);
    return counts;
  }

  #newLines(): LineSplitter {
    return new LineSplitter((bytes, start, end) => this.#addSentence(bytes, start, end));
  }

  #addSentence(bytes: Uint8Array, start: number, end: number): void {
    const model = this.#model;
    let state: LmState | undefined;
    eachWord(bytes, start, end, (from, to) => {
      const before = state ?? model.begin();
      this.#counts[before]! += 1;
      const id = model.vocabulary.find(bytes, from, to);
      model.score(before, id === -1 ? UNKNOWN_ID : id);
      state = model.nextState;
    });
    // The sentence's end follows the last word; a line without words counts for nothing.
    if (state !== undefined) this.#counts[state]! += 1;
  }
}

function addToShorter({ firstState, count, links }: TrieLevel, counts: Float64Array): void {
  for (let index = 0; index < count; index++) {
    const own = counts[firstState + index] as number;
    if (own > 0) counts[links?.get(index) ?? 0]! += own;
  }
}
