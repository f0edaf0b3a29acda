/**
 * How likely a word is spelt so, whether or not anyone has seen it: an n-gram over letters, estimated from the words of a
 * vocabulary, each counted once, for a new word is like the rare ones and not like "the". It is what a word outside the
 * language model's vocabulary costs beside being unknown; without that cost its letters would be free, and long strings
 * of them cheaper than words and spaces (Bisani & Ney, "Open Vocabulary Speech Recognition with Flat Hybrid Models",
 * Interspeech 2005, weigh unknown words likewise).
 *
 * Smoothed after Witten & Bell ("The zero-frequency problem", IEEE Trans. Information Theory 1991), down to equal shares.
 * Probabilities of all contexts stand in one table, so that a letter costs one look-up.
 */

import type { Alphabet } from "../text/alphabet.js";

/** The longest letter n-grams, where the alphabet is small enough for them. */
const LARGEST_ORDER = 4;
/** The most probabilities in the table, 4 bytes each. */
const LARGEST_TABLE = 1 << 20;

/** Scores words letter by letter; a state remembers the letters before. */
export class SpellingModel {
  /** The state before a word's first letter. */
  readonly start: number;
  /**
   * The mean negative log-probability of a letter or an end of a word: halfway between words that the model was estimated
   * from and words that it would not have seen.
   */
  readonly meanCost: number;
  readonly #numTokens: number;
  readonly #numContexts: number;
  readonly #spaceId: number;
  /** [context, token], natural logarithms. */
  readonly #logProbs: Float32Array;

  /**
   * @param words token ids, without spaces
   * @param alphabet must have a space: it ends each word
   */
  constructor(words: Iterable<readonly number[]>, alphabet: Alphabet) {
    const numTokens = alphabet.tokens.length;
    this.#numTokens = numTokens;
    this.#spaceId = alphabet.tokens.indexOf(" ");
    let order = 1;
    while (order < LARGEST_ORDER && numTokens ** (order + 1) <= LARGEST_TABLE) order += 1;
    this.#numContexts = numTokens ** (order - 1);
    this.start = this.#startState(order);
    const counts = this.#count(words);
    const estimated = this.#smoothed(counts, order);
    this.#logProbs = estimated.probabilities.map(Math.log);
    this.meanCost = (meanCost(counts, estimated.probabilities) + meanCost(counts, estimated.leftOut)) / 2;
  }

  /** The state after `token`. */
  next(state: number, token: number): number {
    return (state * this.#numTokens + token) % this.#numContexts;
  }

  /** log P(token | state); that of the space says that the word ends. */
  logProb(state: number, token: number): number {
    return this.#logProbs[state * this.#numTokens + token] as number;
  }

  /** Spaces before the word, as many as a context holds. */
  #startState(order: number): number {
    let state = 0;
    for (let i = 1; i < order; i++) state = this.next(state, this.#spaceId);
    return state;
  }

  #count(words: Iterable<readonly number[]>): Float32Array {
    const counts = new Float32Array(this.#numContexts * this.#numTokens);
    for (const word of words) {
      let state = this.start;
      for (const token of word) {
        (counts[state * this.#numTokens + token] as number) += 1;
        state = this.next(state, token);
      }
      (counts[state * this.#numTokens + this.#spaceId] as number) += 1;
    }
    return counts;
  }

  /** The probabilities of order n rest on those of order n - 1, whose counts are sums over the letter farthest back. */
  #smoothed(counts: Float32Array, order: number): Smoothed {
    const numTokens = this.#numTokens;
    const shorter = order === 1 ? undefined : this.#smoothed(withoutFarthest(counts, numTokens), order - 1);
    const numShorter = counts.length / numTokens;
    const probabilities = new Float32Array(counts.length);
    const leftOut = new Float32Array(counts.length);
    for (let row = 0; row < counts.length; row += numTokens) {
      const { total, kinds } = sumOf(counts, row, row + numTokens);
      for (let at = row; at < row + numTokens; at++) {
        const count = counts[at] as number;
        const below = at % numShorter;
        const even = 1 / numTokens;
        probabilities[at] = wittenBell(count, total, kinds, shorter?.probabilities[below] ?? even);
        if (count === 0) continue;
        const kindsLeft = count === 1 ? kinds - 1 : kinds;
        leftOut[at] = wittenBell(count - 1, total - 1, kindsLeft, shorter?.leftOut[below] ?? even);
      }
    }
    return { probabilities, leftOut };
  }
}

/** [context, token]. */
interface Smoothed {
  probabilities: Float32Array;
  /** What the probability of a letter that was seen would be without one of its occurrences; 0 for others. */
  leftOut: Float32Array;
}

function sumOf(counts: Float32Array, from: number, to: number): { total: number; kinds: number } {
  let total = 0;
  let kinds = 0;
  for (let at = from; at < to; at++) {
    const count = counts[at] as number;
    total += count;
    if (count > 0) kinds += 1;
  }
  return { total, kinds };
}

/** A context that nothing followed leaves all to the shorter one. */
function wittenBell(count: number, total: number, kinds: number, below: number): number {
  return kinds === 0 ? below : (count + kinds * below) / (total + kinds);
}

function withoutFarthest(counts: Float32Array, numTokens: number): Float32Array {
  const sums = new Float32Array(counts.length / numTokens);
  for (let at = 0; at < counts.length; at++) (sums[at % sums.length] as number) += counts[at] as number;
  return sums;
}

function meanCost(counts: Float32Array, probabilities: Float32Array): number {
  let cost = 0;
  let total = 0;
  for (let at = 0; at < counts.length; at++) {
    const count = counts[at] as number;
    if (count === 0) continue;
    cost -= count * Math.log(probabilities[at] as number);
    total += count;
  }
  return cost / total;
}
