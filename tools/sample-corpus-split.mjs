/**
 * Which prompts train, and which are kept back for dev and test.
 *
 * A score is honest only where the test was not learned by heart. So prompts that say the same words, or nearly the
 * same, form one group, and a group lies in one split as a whole. Single words, digits, letters and the phonetic
 * alphabet all train: alone, a word that was heard nowhere else cannot be recognised fairly. The draw is by a hash of the group's first
 * prompt name, so it is the same on every run.
 */
import { createHash } from "node:crypto";

/** @typedef {"train" | "dev" | "test"} Split */
/** @typedef {{ name: string, text: string, durationSeconds: number }} Prompt */

/** Share of all the speech that dev and test get each. */
const heldOutShare = 0.1;
/** Texts with fewer words always train; a spelled letter is not counted as a word. */
const minHeldOutWords = 3;
/** A longer group always trains: a menu of twenty seconds would be a seventh of the test. */
const maxHeldOutSeconds = 15;
/** Two texts are near-duplicates where this share of the longer one's words, or fewer, must change to make the other. */
const nearDuplicateShare = 0.3;

/**
 * Assigns every prompt to a split.
 * @param {readonly Prompt[]} prompts in any order
 * @returns {Map<string, Split>} split by prompt name
 */
export function splitPrompts(prompts) {
  const groups = groupNearDuplicates(prompts);
  const totalSeconds = sumSeconds(prompts);
  const drawn = groups.filter(mayBeHeldOut).sort((a, b) => compare(groupHash(a), groupHash(b)));
  /** @type {Map<string, Split>} */
  const splitOf = new Map(prompts.map((prompt) => [prompt.name, "train"]));
  for (const split of /** @type {const} */ (["test", "dev"])) {
    for (let seconds = 0; seconds < heldOutShare * totalSeconds; ) {
      const group = drawn.shift();
      if (!group) break;
      for (const prompt of group) splitOf.set(prompt.name, split);
      seconds += sumSeconds(group);
    }
  }
  return splitOf;
}

/**
 * Joins prompts whose texts are the same or nearly so; joined through a third counts.
 * @param {readonly Prompt[]} prompts
 * @returns {Prompt[][]} every prompt in exactly one group, names in order
 */
export function groupNearDuplicates(prompts) {
  const sorted = [...prompts].sort((a, b) => compare(a.name, b.name));
  const words = sorted.map((prompt) => prompt.text.split(" "));
  /** The group each prompt belongs to, as the index of one of its members; roots point at themselves. */
  const parent = sorted.map((_, index) => index);
  /** @param {number} index @returns {number} */
  const rootOf = (index) => (parent[index] === index ? index : rootOf(/** @type {number} */ (parent[index])));
  for (const [i, a] of words.entries()) {
    for (const [j, b] of words.slice(0, i).entries()) {
      if (areNearDuplicates(a, b)) parent[rootOf(i)] = rootOf(j);
    }
  }
  /** @type {Map<number, Prompt[]>} */
  const groups = new Map();
  for (const [index, prompt] of sorted.entries()) {
    const root = rootOf(index);
    groups.set(root, [...(groups.get(root) ?? []), prompt]);
  }
  return [...groups.values()];
}

/**
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 * @returns {boolean}
 */
function areNearDuplicates(a, b) {
  const longer = Math.max(a.length, b.length);
  if (Math.abs(a.length - b.length) > nearDuplicateShare * longer) return false;
  return editDistance(a, b) <= nearDuplicateShare * longer;
}

/**
 * Levenshtein's distance in words.
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 * @returns {number}
 */
function editDistance(a, b) {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, word] of a.entries()) {
    const row = [i + 1];
    for (const [j, other] of b.entries()) {
      const substituted = /** @type {number} */ (previous[j]) + (word === other ? 0 : 1);
      const deleted = /** @type {number} */ (previous[j + 1]) + 1;
      const inserted = /** @type {number} */ (row[j]) + 1;
      row.push(Math.min(substituted, deleted, inserted));
    }
    previous = row;
  }
  return /** @type {number} */ (previous[b.length]);
}

/** @param {readonly Prompt[]} group */
function mayBeHeldOut(group) {
  const isPhrase = group.every(({ text }) => (text.match(/[A-Z']{2,}/g) ?? []).length >= minHeldOutWords);
  return isPhrase && sumSeconds(group) <= maxHeldOutSeconds;
}

/** @param {readonly Prompt[]} group */
function groupHash(group) {
  return createHash("sha256")
    .update(group[0]?.name ?? "")
    .digest("hex");
}

/** @param {readonly Prompt[]} prompts */
export function sumSeconds(prompts) {
  return prompts.reduce((sum, prompt) => sum + prompt.durationSeconds, 0);
}

/** Order by code unit, the same in every locale. @param {string} a @param {string} b */
export function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
