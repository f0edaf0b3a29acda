/**
 * Whether the arrays of a binary model fit one another. The checksum tells damage, not a file that was made wrong: a table
 * without a free slot or a link that leads back would be searched for ever, and numbers that are none would silence every
 * sentence.
 */
import { SPECIAL_WORDS } from "../special-words.js";
import type { ModelParts } from "./binary-format.js";
import type { PackedArray } from "./packed-array.js";
import type { TrieLevel } from "./trie.js";

/** What is wrong, in a few words; undefined for a model that can be searched. Takes a look at every n-gram. */
export function structuralProblem({ vocabulary, levels }: ModelParts): string | undefined {
  if (!vocabulary.isSound()) return "its vocabulary";
  if (SPECIAL_WORDS.some((word, id) => vocabulary.word(id) !== word)) return "its special words";
  for (const [index, level] of levels.entries()) {
    const problem = problemOf(level, vocabulary.size, levels[index + 1]?.count);
    if (problem !== undefined) return `the ${problem} of its ${index + 1}-grams`;
  }
  return undefined;
}

function problemOf(level: TrieLevel, numWords: number, nextCount: number | undefined): string | undefined {
  const { count, firstState, words, links, firstChildren, probabilities, backoffs } = level;
  if (words && !allBelow(words, count, numWords)) return "words";
  // A link leads to a shorter n-gram, so that following links ends.
  if (links && !allBelow(links, count, firstState)) return "links";
  if (firstChildren && !rises(firstChildren, count + 1, nextCount ?? 0)) return "continuations";
  for (let i = 0; i < count; i++) {
    if (!(probabilities.get(i) <= 0)) return "probabilities";
    if (backoffs && Number.isNaN(backoffs.get(i))) return "back-offs";
  }
  return undefined;
}

function allBelow(numbers: PackedArray, length: number, limit: number): boolean {
  for (let i = 0; i < length; i++) if (numbers.get(i) >= limit) return false;
  return true;
}

/** Whether the numbers never fall, and end with `last`. */
function rises(numbers: PackedArray, length: number, last: number): boolean {
  for (let i = 1; i < length; i++) if (numbers.get(i) < numbers.get(i - 1)) return false;
  return numbers.get(length - 1) === last;
}
