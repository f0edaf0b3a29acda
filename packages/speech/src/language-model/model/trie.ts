/**
 * The n-grams of a model as a trie from the first word on, in flat arrays. The n-grams of one order stand sorted by
 * their context's index, then by their last word, so that those of one context are neighbours and a binary search among
 * them finds a word. Each n-gram also links to its longest proper suffix from which anything depends on the context, as
 * in the automaton of Aho and Corasick (CACM 1975): backing off is following links.
 *
 * A state is the place of an n-gram in the sequence of all orders: 0 is the empty context, 1 + id the unigram of a
 * word, and then the bigrams and so on.
 */

import type { LmState } from "../types.js";
import type { PackedArray } from "./packed-array.js";
import type { QuantisedValues } from "./quantised-values.js";

/** The n-grams of one order. */
export interface TrieLevel {
  readonly count: number;
  /** The state of the first. */
  readonly firstState: LmState;
  /** Their last words; the index itself for unigrams. */
  readonly words: PackedArray | undefined;
  /** Natural logarithms. */
  readonly probabilities: QuantisedValues;
  /** Natural logarithms; none at the highest order. */
  readonly backoffs: QuantisedValues | undefined;
  /** `count + 1` indices into the next order; none at the highest. */
  readonly firstChildren: PackedArray | undefined;
  /** States; for unigrams always 0. */
  readonly links: PackedArray | undefined;
}

/** The length of the n-gram that a state other than 0 stands for. */
export function orderOf(levels: readonly TrieLevel[], state: LmState): number {
  let order = 1;
  while (order < levels.length && state >= (levels[order] as TrieLevel).firstState) order += 1;
  return order;
}

/** The index in `next` of the n-gram that extends `index` of `level` by `word`; -1 if there is none. */
export function findChild(level: TrieLevel, next: TrieLevel, index: number, word: number): number {
  const children = level.firstChildren as PackedArray;
  const words = next.words as PackedArray;
  let low = children.get(index);
  let high = children.get(index + 1) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = words.get(middle);
    if (found === word) return middle;
    if (found < word) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The state that remembers all that matters of the n-gram: its own, or its link's where nothing depends on it. */
export function stateOf(level: TrieLevel, index: number): LmState {
  const { firstChildren, backoffs, links } = level;
  if (firstChildren !== undefined && backoffs !== undefined) {
    const extends_ = firstChildren.get(index) !== firstChildren.get(index + 1);
    if (extends_ || backoffs.get(index) !== 0) return level.firstState + index;
  }
  return links === undefined ? 0 : links.get(index);
}
