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

/**
 * Looks for the n-gram of a context and a word, backing off to ever shorter contexts until there is one. What was found
 * stands in fields: a search asks millions of times, and would make as many objects.
 */
export class BackOff {
  /** The found n-gram's level, 0 for unigrams, and its index there. */
  level = 0;
  index = 0;
  /** The back-off weights on the way, added up: natural logarithms. */
  weight = 0;
  protected readonly levels: readonly TrieLevel[];

  /** @param levels orders from 1; a list that grows may be given */
  constructor(levels: readonly TrieLevel[]) {
    this.levels = levels;
  }

  find(state: LmState, word: number): void {
    let from = state;
    this.weight = 0;
    while (from !== 0) {
      const order = orderOf(this.levels, from);
      const context = this.levels[order - 1] as TrieLevel;
      const index = from - context.firstState;
      const child = findChild(context, this.levels[order] as TrieLevel, index, word);
      if (child !== -1 && this.has(order, child)) {
        this.level = order;
        this.index = child;
        return;
      }
      this.weight += this.backOffOf(order - 1, index);
      from = context.links?.get(index) ?? 0;
    }
    this.level = 0;
    this.index = word;
  }

  /** log P(word | state). */
  score(state: LmState, word: number): number {
    this.find(state, word);
    return this.weight + (this.levels[this.level] as TrieLevel).probabilities.get(this.index);
  }

  /** The state after the word that was looked for. */
  get state(): LmState {
    return stateOf(this.levels[this.level] as TrieLevel, this.index);
  }

  /** Whether the model has this n-gram. */
  protected has(_level: number, _index: number): boolean {
    return true;
  }

  protected backOffOf(level: number, index: number): number {
    return (this.levels[level] as TrieLevel).backoffs?.get(index) ?? 0;
  }
}
