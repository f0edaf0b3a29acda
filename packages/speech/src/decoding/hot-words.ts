/**
 * Phrases that one request favours: names, products, the words of a menu. Each whole-word occurrence of a phrase adds
 * its weight to the score of a text. The phrases form one automaton (Aho and Corasick, "Efficient String Matching",
 * CACM 1975), so that a step costs the same for one phrase as for thousands.
 *
 * A bonus that came only with a phrase's last letter would come too late: the beam would have dropped the phrase. So
 * each letter matched advances a share of the weight, and the first letter that breaks the phrase takes it back. The
 * shares of a text cancel out; what remains is exactly the weights of its complete occurrences.
 */

import { quote, SpeechError } from "../errors.js";
import { type Alphabet, encodeText } from "../text/alphabet.js";
import { spellOut } from "../text/written-words.js";
import { TokenTrie } from "./token-trie.js";

/** A phrase of one or more words, and what each occurrence adds to a score: natural-log units, often 2 to 10. */
export interface HotWord {
  /** As people write it: capitals, numbers and signs are spelt out in the alphabet. */
  phrase: string;
  /** May be negative, which disfavours the phrase; only complete occurrences are then charged. */
  weight: number;
}

/** Beyond this, masses that carry the bonus as a factor would overflow. */
const LARGEST_BONUS = 300;

/** A trie node's phrases, before shares are spread over suffixes. */
interface PhraseTrie {
  trie: TokenTrie;
  /** The largest share that some phrase through a node has advanced there. */
  share: Float64Array;
  /** The sum of the weights of the phrases that end at a node. */
  weights: Float64Array;
}

/** The automaton of a request's phrases. State 0 is "nothing matched". */
export class HotWordAutomaton {
  /** The state at the start of a text. */
  readonly start: number;
  /** Every word of every phrase. */
  readonly words: ReadonlySet<string>;
  /** By state, natural log: the shares advanced so far. */
  readonly share: Float64Array;
  /** By state, natural log: the weights of the phrases that end on arriving there. */
  readonly completed: Float64Array;
  // Most states are never reached, so rows of factors are made on demand.
  readonly #rows: (Float64Array | undefined)[];
  // Only tokens that some phrase has get a column of their own; column 0 stands for all others.
  readonly #column: Int32Array;
  readonly #numColumns: number;
  readonly #next: Int32Array;

  /**
   * Equal phrases add their weights. In an alphabet without a space, phrases match anywhere.
   *
   * @throws SpeechError `invalid-option` at an empty phrase; `unknown-character` at one that cannot be spelt;
   *   `number-out-of-range` at a weight beyond 300 either way, or weights that add up to more
   */
  constructor(hotWords: Iterable<HotWord>, alphabet: Alphabet) {
    const space = alphabet.tokens.indexOf(" ");
    const phrases = [...hotWords].map(({ phrase, weight }) => ({
      words: checkPhrase(phrase, weight, alphabet),
      weight,
    }));
    this.words = new Set(phrases.flatMap(({ words }) => words));
    const phraseTrie = buildPhraseTrie(phrases, alphabet, space);
    const { trie } = phraseTrie;
    this.#column = new Int32Array(alphabet.tokens.length);
    let numColumns = 1;
    for (let node = 1; node < trie.size; node++) {
      const token = trie.token[node] as number;
      if (this.#column[token] === 0) this.#column[token] = numColumns++;
    }
    this.#numColumns = numColumns;
    this.#next = new Int32Array(trie.size * numColumns);
    this.#rows = new Array(trie.size);
    this.share = new Float64Array(trie.size);
    this.completed = new Float64Array(trie.size);
    this.#link(phraseTrie);
    this.start = space === -1 ? 0 : this.next(0, space);
  }

  /** The state that `token` leads to. */
  next(state: number, token: number): number {
    return this.#next[state * this.#numColumns + (this.#column[token] as number)] as number;
  }

  /** Natural log: what `token` adds to a score in `state`. */
  bonus(state: number, token: number): number {
    const next = this.next(state, token);
    return (this.share[next] as number) + (this.completed[next] as number) - (this.share[state] as number);
  }

  /** By token: the factor to a mass in `state`, `exp(bonus)`. */
  row(state: number): Float64Array {
    const known = this.#rows[state];
    if (known !== undefined) return known;
    const nothingMatched = Math.exp(-(this.share[state] as number));
    const row = new Float64Array(this.#column.length).fill(nothingMatched);
    for (let token = 0; token < row.length; token++) {
      if (this.next(state, token) !== 0) row[token] = Math.exp(this.bonus(state, token));
    }
    this.#rows[state] = row;
    return row;
  }

  /** Breadth first, as in the paper's algorithms 3 and 4: a state's failure state is always complete before it. */
  #link({ trie, share, weights }: PhraseTrie): void {
    const failure = new Int32Array(trie.size);
    const queue = new Int32Array(trie.size);
    let tail = 1;
    for (let head = 0; head < tail; head++) {
      const state = queue[head] as number;
      const fallback = failure[state] as number;
      const row = state * this.#numColumns;
      this.#next.copyWithin(row, fallback * this.#numColumns, (fallback + 1) * this.#numColumns);
      this.share[state] = Math.max(share[state] as number, this.share[fallback] as number);
      this.completed[state] = (weights[state] as number) + (this.completed[fallback] as number);
      checkBonus((this.share[state] as number) + (this.completed[state] as number));
      for (let child = trie.firstChild[state] as number; child !== 0; child = trie.nextSibling[child] as number) {
        const place = row + (this.#column[trie.token[child] as number] as number);
        failure[child] = this.#next[place] as number;
        this.#next[place] = child;
        queue[tail++] = child;
      }
    }
  }
}

function buildPhraseTrie(
  phrases: readonly { words: string[]; weight: number }[],
  alphabet: Alphabet,
  space: number,
): PhraseTrie {
  const trie = new TokenTrie();
  const boundary = space === -1 ? [] : [space];
  const ends = phrases.map(({ words, weight }) => {
    const letters = encodeText(words.join(" "), alphabet);
    return { end: trie.insert([...boundary, ...letters, ...boundary]), numLetters: letters.length, weight };
  });
  const share = new Float64Array(trie.size);
  const weights = new Float64Array(trie.size);
  for (const { end, numLetters, weight } of ends) {
    weights[end] = (weights[end] as number) + weight;
    // Every node above the end has a share: from the last letter up with a boundary, else from the last but one.
    let node = trie.parent[end] as number;
    for (let matched = numLetters - 1 + boundary.length; matched > 0; matched--) {
      share[node] = Math.max(share[node] as number, (weight * matched) / numLetters);
      node = trie.parent[node] as number;
    }
  }
  return { trie, share, weights };
}

/**
 * The words of a phrase in the alphabet's characters, as transcripts are brought to it.
 *
 * @throws SpeechError `invalid-option`, `unknown-character`, `number-out-of-range`
 */
export function checkPhrase(phrase: string, weight: number, alphabet: Alphabet): string[] {
  if (phrase.trim() === "") throw new SpeechError("invalid-option", "a hot word is empty; leave it out");
  const spelling = spellOut(phrase, alphabet);
  if ("reason" in spelling) {
    throw new SpeechError("unknown-character", `hot word ${quote(phrase)} ${spelling.reason}`);
  }
  const words = spelling.spelt.split(" ").filter((word) => word !== "");
  if (!(Math.abs(weight) <= LARGEST_BONUS)) {
    throw new SpeechError(
      "number-out-of-range",
      `hot word ${quote(phrase)} has weight ${weight}; it must be from -${LARGEST_BONUS} to ${LARGEST_BONUS}`,
    );
  }
  return words;
}

function checkBonus(bonus: number): void {
  if (Math.abs(bonus) <= LARGEST_BONUS) return;
  throw new SpeechError(
    "number-out-of-range",
    `hot words that overlap weigh ${bonus} together; at most ${LARGEST_BONUS} either way is allowed`,
  );
}
