/**
 * The three words that every n-gram model has, whatever its text: outside the vocabulary, start and end of a sentence.
 * Their ids are fixed, as in KenLM's estimator, so that no code has to carry them around.
 */

export const UNKNOWN_WORD = "<unk>";
export const SENTENCE_START = "<s>";
export const SENTENCE_END = "</s>";

export const UNKNOWN_ID = 0;
export const START_ID = 1;
export const END_ID = 2;

/** In the order of their ids. */
export const SPECIAL_WORDS: readonly string[] = [UNKNOWN_WORD, SENTENCE_START, SENTENCE_END];
