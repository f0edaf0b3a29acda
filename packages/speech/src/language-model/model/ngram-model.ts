/**
 * A back-off n-gram model in memory, searched as it lies in its binary file. Katz's back-off ("Estimation of
 * probabilities from sparse data", IEEE TASSP 1987): where the model holds no n-gram, the weight of the context and the
 * probability under the context one word shorter.
 */

import { END_ID, SPECIAL_WORDS, START_ID, UNKNOWN_ID } from "../special-words.js";
import type { LanguageModel, LmState } from "../types.js";
import type { Vocabulary } from "../vocabulary.js";
import { type ModelParts, modelChunks, readModel } from "./binary-format.js";
import { BackOff, stateOf, type TrieLevel } from "./trie.js";

/** How a binary model is opened. */
export interface ModelFromBufferOptions {
  /** Whether to compare the checksum and to check the arrays, which reads the whole buffer. Default true. */
  verify?: boolean | undefined;
}

/** Words in, log-probabilities out; allocates nothing once it is there. */
export class NgramModel implements LanguageModel {
  readonly order: number;
  readonly unknownId = UNKNOWN_ID;
  nextState: LmState = 0;
  readonly #parts: ModelParts;
  readonly #levels: readonly TrieLevel[];
  readonly #backOff: BackOff;
  readonly #startState: LmState;

  constructor(parts: ModelParts) {
    this.order = parts.levels.length;
    this.#parts = parts;
    this.#levels = parts.levels;
    this.#backOff = new BackOff(parts.levels);
    this.#startState = stateOf(parts.levels[0] as TrieLevel, START_ID);
  }

  /**
   * A model over the bytes of a binary file, which are used in place and must not change.
   *
   * @throws SpeechError `invalid-language-model` when the bytes are no such file, cut or damaged
   */
  static fromBuffer(buffer: ArrayBuffer, { verify = true }: ModelFromBufferOptions = {}): NgramModel {
    return new NgramModel(readModel(buffer, verify));
  }

  /** The model as a binary file, in pieces to be written one after another. */
  toChunks(): Uint8Array<ArrayBuffer>[] {
    return modelChunks(this.#parts);
  }

  /** The orders from 1, for what looks at all n-grams. */
  get levels(): readonly TrieLevel[] {
    return this.#levels;
  }

  /** The words by id. */
  get vocabulary(): Vocabulary {
    return this.#parts.vocabulary;
  }

  /** The number of n-grams of each order from 1. */
  get counts(): number[] {
    return this.#levels.map(({ count }) => count);
  }

  /** The number of words, `<unk>`, `<s>` and `</s>` among them; ids are below it. */
  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  wordId(word: string): number {
    const id = this.vocabulary.idOf(word);
    return id === -1 ? UNKNOWN_ID : id;
  }

  /** The word of an id from 0 to `vocabularySize - 1`. */
  word(id: number): string {
    return this.vocabulary.word(id);
  }

  *words(): Iterable<string> {
    for (let id = SPECIAL_WORDS.length; id < this.vocabularySize; id++) yield this.word(id);
  }

  begin(): LmState {
    return this.#startState;
  }

  score(state: LmState, wordId: number): number {
    const score = this.#backOff.score(state, wordId);
    this.nextState = this.#backOff.state;
    return score;
  }

  end(state: LmState): number {
    return this.#backOff.score(state, END_ID);
  }
}
