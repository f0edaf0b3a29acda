/**
 * The words that a decoder may write. Without a lexicon the beam search spells freely; with one it follows a trie of
 * the words and can end a word only where one ends (Collobert et al., "Wav2Letter", 2016, section 2.4).
 */

import { SpeechError } from "../errors.js";
import { type Alphabet, encodeText, unknownCharacters } from "../text/alphabet.js";
import { LevelTrie, TokenTrie } from "./token-trie.js";

/** A closed vocabulary, spelt in the tokens of one alphabet. It does not change, and serves any number of decoders. */
export class Lexicon {
  /** The words that the alphabet cannot spell: they are no part of the lexicon. */
  readonly leftOut: readonly string[];
  /** The number of different words. */
  readonly numWords: number;
  readonly alphabet: Alphabet;
  readonly #trie: LevelTrie;
  readonly #isWord: Uint8Array;

  /**
   * Indexes `words`; 200,000 of them take some tenths of a second.
   *
   * @throws SpeechError `invalid-lexicon` where the alphabet can spell none of them; `invalid-alphabet`
   */
  constructor(words: Iterable<string>, alphabet: Alphabet) {
    this.alphabet = alphabet;
    const leftOut: string[] = [];
    const trie = new TokenTrie();
    const ends = new Set<number>();
    for (const word of words) {
      if (isSpelt(word, alphabet)) ends.add(trie.insert(encodeText(word, alphabet)));
      else leftOut.push(word);
    }
    if (ends.size === 0) {
      throw new SpeechError(
        "invalid-lexicon",
        `none of ${leftOut.length} words can be spelt in the alphabet; are they in capitals, or of another language?`,
      );
    }
    this.leftOut = leftOut;
    this.numWords = ends.size;
    this.#trie = new LevelTrie(trie);
    this.#isWord = new Uint8Array(trie.size);
    for (const end of ends) this.#isWord[this.#trie.numbers[end] as number] = 1;
  }

  /** Whether the lexicon has `word`. */
  has(word: string): boolean {
    if (!isSpelt(word, this.alphabet)) return false;
    let node = 0;
    for (const token of encodeText(word, this.alphabet)) node = this.child(node, token);
    return this.isWord(node);
  }

  /** The node reached from `node` by `token`, or -1 where no word goes on so, or `node` is -1. The root is 0. */
  child(node: number, token: number): number {
    return node === -1 ? -1 : this.#trie.child(node, token);
  }

  /** Whether a word ends at `node`. */
  isWord(node: number): boolean {
    return node !== -1 && this.#isWord[node] === 1;
  }

  /** The number of nodes: they are whole numbers below it, and a child's exceeds its parent's. */
  get numNodes(): number {
    return this.#trie.size;
  }

  /** The node that `node` was reached from; -1 for the root. */
  parent(node: number): number {
    return this.#trie.parent[node] as number;
  }

  /** The token ids that lead to `node`. */
  spelling(node: number): number[] {
    const tokenIds: number[] = [];
    for (let at = node; at > 0; at = this.parent(at)) tokenIds.push(this.#trie.token[at] as number);
    return tokenIds.reverse();
  }
}

function isSpelt(word: string, alphabet: Alphabet): boolean {
  return word !== "" && !word.includes(" ") && unknownCharacters(word, alphabet).length === 0;
}
