/**
 * Whether the arrays of a binary model fit one another. The checksum tells damage, not a file that was made wrong: a table
 * without a free slot or a link that leads back would be searched for ever, and numbers that are none would silence every
 * sentence.
 */
import { SPECIAL_WORDS } from "../special-words.js";
import type { ModelParts } from "./binary-format.js";
import type { PackedArray } from "./packed-array.js";
import type { TrieLevel } from "./trie.js";

/** Rounding may lift a log-probability this far above 0. */
const TOLERANCE = 1e-2;

/**
 * What is wrong, in a few words; undefined for a model that can be searched. Looks at every n-gram's place among the others;
 * a last word that is none only makes its n-gram unreachable.
 */
export function structuralProblem({ vocabulary, levels }: ModelParts): string | undefined {
  if (!vocabulary.isSound()) return "its vocabulary";
  if (SPECIAL_WORDS.some((word, id) => vocabulary.word(id) !== word)) return "its special words";
  for (const [index, level] of levels.entries()) {
    const problem = problemOf(level, levels[index + 1]?.count);
    if (problem !== undefined) return `the ${problem} of its ${index + 1}-grams`;
  }
  return undefined;
}

function problemOf(level: TrieLevel, nextCount: number | undefined): string | undefined {
  const { count, firstState, links, firstChildren, probabilities, backoffs } = level;
  // A link leads to a shorter n-gram, so that following links ends.
  if (links && !allBelow(links, count, firstState)) return "links";
  if (firstChildren && !rises(firstChildren, count + 1, nextCount ?? 0)) return "continuations";
  if (!probabilities.table.every((value) => value <= TOLERANCE)) return "probabilities";
  return backoffs?.table.some(Number.isNaN) ? "back-offs" : undefined;
}

function allBelow(numbers: PackedArray, length: number, limit: number): boolean {
  for (let i = 0; i < length; i++) if (numbers.get(i) >= limit) return false;
  return true;
}

/** Whether the numbers never fall, and end with `last`. */
function rises(numbers: PackedArray, length: number, last: number): boolean {
  let before = 0;
  for (let i = 0; i < length; i++) {
    const number = numbers.get(i);
    if (number < before) return false;
    before = number;
  }
  return before === last;
}
