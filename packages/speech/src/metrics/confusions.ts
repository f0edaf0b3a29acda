/** Which tokens a recogniser takes for which, counted over a corpus: where its errors lie, rather than how many. */

import { align } from "./edit-distance.js";
import { splitWords, type TranscriptPair } from "./error-rate.js";

/** A word and what was heard in its place. */
export interface Confusion {
  /** What was said; undefined for an insertion. */
  reference?: string;
  /** What was heard; undefined for a deletion. */
  hypothesis?: string;
  count: number;
}

/** Each list has the most frequent first; where equal, in the order of code units. */
export interface Confusions {
  substitutions: Confusion[];
  deletions: Confusion[];
  insertions: Confusion[];
}

/**
 * Counts every error of the corpus by its tokens. Which token a run of errors falls on depends on the alignment, which
 * is `align`'s: a confusion that is seen once or twice may be an accident of it.
 *
 * @param unit words, or the characters of the words joined by single spaces
 */
export function countConfusions(pairs: Iterable<TranscriptPair>, unit: "words" | "characters"): Confusions {
  const confusions = { substitution: new Tally(), deletion: new Tally(), insertion: new Tally() };
  for (const { reference, hypothesis } of pairs) {
    for (const step of align(tokensOf(reference, unit), tokensOf(hypothesis, unit))) {
      const { kind, ...tokens } = step;
      if (kind !== "hit") confusions[kind].add(tokens);
    }
  }
  return {
    substitutions: confusions.substitution.sorted(),
    deletions: confusions.deletion.sorted(),
    insertions: confusions.insertion.sorted(),
  };
}

function tokensOf(text: string, unit: "words" | "characters"): string[] {
  const words = splitWords(text);
  return unit === "words" ? words : [...words.join(" ")];
}

class Tally {
  readonly #counts = new Map<string, Confusion>();

  add(tokens: Omit<Confusion, "count">): void {
    // No token holds a line feed: words are split at whitespace, and characters are joined by spaces.
    const key = `${tokens.reference ?? ""}\n${tokens.hypothesis ?? ""}`;
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else this.#counts.set(key, { ...tokens, count: 1 });
  }

  sorted(): Confusion[] {
    const keyed = [...this.#counts].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
    return keyed.map(([, confusion]) => confusion);
  }
}
