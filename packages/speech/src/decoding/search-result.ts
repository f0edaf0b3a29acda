/** Turns the beam into hypotheses: closes the texts, sums what differs by an outer space only, and ranks. */

import type { Alphabet } from "../text/alphabet.js";
import type { BeamSearchSettings } from "./beam-search-options.js";
import type { TimedTokens } from "./decided-tokens.js";
import { createHypothesis } from "./hypothesis.js";
import type { PrefixSearch } from "./prefix-search.js";
import { type TimedHypothesis, timedWordsOf } from "./timed-word.js";

/** A text that the utterance may end with. */
interface Ending {
  /** The entry of the beam whose times it takes. */
  entry: number;
  entryScore: number;
  score: number;
  bonus: number;
  lmScore: number;
}

/** Reads hypotheses off a search, which stays as it is. */
export class SearchResult {
  readonly #search: PrefixSearch;
  readonly #settings: BeamSearchSettings;
  readonly #alphabet: Alphabet;

  constructor(search: PrefixSearch, settings: BeamSearchSettings, alphabet: Alphabet) {
    this.#search = search;
    this.#settings = settings;
    this.#alphabet = alphabet;
  }

  /** The prefix of greatest mass, its last word perhaps unfinished and not yet scored as a word. */
  partial(): TimedHypothesis {
    const entry = this.#search.beam.bestEntry();
    return this.#hypothesis(this.#unclosed(entry), this.#tokens(entry));
  }

  /** The best texts if the utterance ends here, best first: at least one, at most `nBest`. */
  final(): TimedHypothesis[] {
    const endings = [...this.#endings().values()].sort((a, b) => b.score - a.score);
    if (endings.length === 0) return [this.#withoutLastWord()];
    return endings.slice(0, this.#settings.nBest).map((ending) => this.#hypothesis(ending, this.#tokens(ending.entry)));
  }

  /** The words that every prefix of the beam starts with. */
  stableText(): string {
    const { trie, beam, decided } = this.#search;
    const tail: number[] = [];
    let node = trie.commonPrefix(beam.node.subarray(0, beam.size));
    for (; node !== -1 && trie.token[node] !== -1; node = trie.parent[node] as number)
      tail.push(trie.token[node] as number);
    const text = [...decided.tokens.tokenIds, ...tail.reverse()].map((id) => this.#alphabet.tokens[id]).join("");
    return text.slice(0, Math.max(0, text.lastIndexOf(" ")));
  }

  /** By the prefix without an outer space: "a" and "a " are one text. */
  #endings(): Map<number, Ending> {
    const { trie, beam, scorer } = this.#search;
    const endings = new Map<number, Ending>();
    for (let entry = 0; entry < beam.size; entry++) {
      const node = beam.node[entry] as number;
      const closing = scorer.closing(node);
      const unclosed = this.#unclosed(entry);
      const score = unclosed.score + closing.bonus;
      if (score === Number.NEGATIVE_INFINITY) continue;
      const isOuterSpace = scorer.endsWord(node) && trie.parent[node] !== -1;
      const key = isOuterSpace ? (trie.parent[node] as number) : node;
      const known = endings.get(key);
      const better = known === undefined || score > known.entryScore;
      endings.set(key, {
        entry: better ? entry : known.entry,
        entryScore: better ? score : known.entryScore,
        score: known === undefined ? score : logSum(known.score, score),
        bonus: unclosed.bonus + closing.bonus,
        lmScore: unclosed.lmScore + closing.lmScore,
      });
    }
    return endings;
  }

  #unclosed(entry: number): Ending {
    const { trie, beam, logScale } = this.#search;
    const node = beam.node[entry] as number;
    const score = Math.log(beam.mass(entry)) + logScale;
    return {
      entry,
      entryScore: score,
      score,
      bonus: trie.bonus[node] as number,
      lmScore: trie.lmScore[node] as number,
    };
  }

  /** Where the utterance stops inside a word that the lexicon lacks, in all prefixes: the best one, up to that word. */
  #withoutLastWord(): TimedHypothesis {
    const entry = this.#search.beam.bestEntry();
    const tokens = this.#tokens(entry);
    const space = this.#alphabet.tokens.indexOf(" ");
    return this.#hypothesis(
      this.#unclosed(entry),
      firstTokens(tokens, Math.max(0, tokens.tokenIds.lastIndexOf(space))),
    );
  }

  /** All tokens of an entry but an outer space. */
  #tokens(entry: number): TimedTokens {
    const { beam, decided } = this.#search;
    const tokens = joined(decided.tokens, decided.undecided(beam, entry));
    const last = tokens.tokenIds.at(-1);
    const isSpace = last !== undefined && this.#alphabet.tokens[last] === " ";
    return isSpace ? firstTokens(tokens, tokens.tokenIds.length - 1) : tokens;
  }

  #hypothesis({ score, bonus, lmScore }: Ending, tokens: TimedTokens): TimedHypothesis {
    const parts = { tokenIds: tokens.tokenIds, score, acousticScore: score - bonus, lmScore };
    return {
      ...createHypothesis(parts, this.#alphabet),
      timedWords: timedWordsOf(tokens, this.#alphabet, this.#settings),
    };
  }
}

function firstTokens(tokens: TimedTokens, count: number): TimedTokens {
  return {
    tokenIds: tokens.tokenIds.slice(0, count),
    starts: tokens.starts.slice(0, count),
    ends: tokens.ends.slice(0, count),
    doubts: tokens.doubts.slice(0, count),
  };
}

/** The decided beginning has the times of the prefix that was best then; the rest may overlap it by some frames. */
function joined(decided: TimedTokens, rest: TimedTokens): TimedTokens {
  const lastEnd = decided.ends.at(-1) ?? -1;
  const starts = rest.starts.map((start) => Math.max(start, lastEnd + 1));
  return {
    tokenIds: [...decided.tokenIds, ...rest.tokenIds],
    starts: [...decided.starts, ...starts],
    ends: [...decided.ends, ...rest.ends.map((end, index) => Math.max(end, starts[index] as number))],
    doubts: [...decided.doubts, ...rest.doubts],
  };
}

/** log(exp(a) + exp(b)). */
export function logSum(a: number, b: number): number {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}
