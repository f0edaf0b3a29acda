/**
 * What a decoder asks of a language model. The interface allocates nothing: a state is a whole number, and `score`
 * leaves the state that follows in a field. A back-off n-gram model gets such states for free: the index of the
 * longest stored n-gram that ends the context, of at most `order - 1` words (the right-minimised state of KenLM;
 * Heafield, "KenLM: Faster and Smaller Language Model Queries", WMT 2011, section 4.1).
 */

/**
 * What the model remembers of the words so far: a whole number from 0 to 2³¹ - 1. From equal states every word scores
 * the same. A state stays valid as long as its model, and may be kept and scored from any number of times.
 */
export type LmState = number;

/** A word language model. Log-probabilities are natural logarithms. */
export interface LanguageModel {
  /** The longest n-gram: 4 means that a word is predicted from the three before it. */
  readonly order: number;
  /** The id that stands for every word outside the vocabulary. */
  readonly unknownId: number;
  /**
   * The state after the last `score`: read it before the next call. The same model may serve several decoders, since
   * JavaScript lets none of them in between the two.
   */
  readonly nextState: LmState;
  /** The id of `word`, from 0; `unknownId` for one outside the vocabulary. */
  wordId(word: string): number;
  /** The state at the start of a sentence. */
  begin(): LmState;
  /** log P(word | state), of the unknown word for `unknownId`; sets `nextState`. */
  score(state: LmState, wordId: number): number;
  /** log P(end of sentence | state). Leaves `nextState` alone. */
  end(state: LmState): number;
  /** Every word of the vocabulary but the sentence marks and the unknown word: what a lexicon is made of. */
  words(): Iterable<string>;
}
