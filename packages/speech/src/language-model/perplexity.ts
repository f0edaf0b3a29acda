/**
 * How well a model foresees a text. Perplexity is the exponential of the mean negative log-probability of a word, each
 * sentence's end counted as one; both figures are given that KenLM's `query` gives, with the unknown words and without.
 */

import { SpeechError } from "../errors.js";
import type { LanguageModel } from "./types.js";

/** What became of one text. */
export interface Perplexity {
  /** Over all words and sentence ends. */
  perplexity: number;
  /** Over the words the model knows, and sentence ends. */
  perplexityWithoutUnknown: number;
  /** The sum of all natural log-probabilities. */
  logProb: number;
  /** Without sentence ends. */
  numWords: number;
  numUnknownWords: number;
  numSentences: number;
}

/** log P(sentence), its end included; words are separated by white space. Natural logarithm. */
export function scoreSentence(model: LanguageModel, sentence: string): number {
  const meter = new PerplexityMeter(model);
  return meter.add(sentence);
}

/** Adds up sentences. */
export class PerplexityMeter {
  readonly #model: LanguageModel;
  #logProb = 0;
  #unknownLogProb = 0;
  #numWords = 0;
  #numUnknownWords = 0;
  #numSentences = 0;

  constructor(model: LanguageModel) {
    this.#model = model;
  }

  /** Scores a sentence and returns its log-probability; one without words counts for nothing, and gives 0. */
  add(sentence: string): number {
    const words = sentence.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return 0;
    const model = this.#model;
    let state = model.begin();
    let sum = 0;
    for (const word of words) {
      const id = model.wordId(word);
      const logProb = model.score(state, id);
      state = model.nextState;
      sum += logProb;
      if (id === model.unknownId) {
        this.#unknownLogProb += logProb;
        this.#numUnknownWords += 1;
      }
    }
    sum += model.end(state);
    this.#logProb += sum;
    this.#numWords += words.length;
    this.#numSentences += 1;
    return sum;
  }

  /** @throws SpeechError `invalid-text` when there was not a single word */
  result(): Perplexity {
    const tokens = this.#numWords + this.#numSentences;
    if (tokens === 0) throw new SpeechError("invalid-text", "the text holds no words, so that it has no perplexity");
    const known = tokens - this.#numUnknownWords;
    return {
      perplexity: Math.exp(-this.#logProb / tokens),
      perplexityWithoutUnknown: Math.exp(-(this.#logProb - this.#unknownLogProb) / known),
      logProb: this.#logProb,
      numWords: this.#numWords,
      numUnknownWords: this.#numUnknownWords,
      numSentences: this.#numSentences,
    };
  }
}
