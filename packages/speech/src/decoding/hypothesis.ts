/** What every decoder answers with, so that greedy and beam search can stand in for each other. */

import { type Alphabet, decodeTokenIds } from "../text/alphabet.js";
import type { Emissions } from "./emissions.js";

/** One transcription of an utterance, and how far it is believed. Scores are natural logarithms. */
export interface Hypothesis {
  /** `words` with one space between each. */
  text: string;
  /** What the model emitted, collapsed and without blanks; the greedy decoder leaves doubled and outer spaces in it. */
  tokenIds: number[];
  words: string[];
  /** What the decoder ranks by. */
  score: number;
  /** The acoustic model's share of the score. */
  acousticScore: number;
  /** The language model's log-probability, of unknown words that of their spelling; 0 where none was used. */
  lmScore: number;
}

/**
 * A decoder fed an utterance stretch by stretch: `begin`, any number of `step`s, `end`. Offline decoding is the same
 * with one step, so the two cannot disagree.
 */
export interface StreamingDecoder {
  /** Starts an utterance, forgetting whatever went before. */
  begin(): void;
  /** Takes the utterance's next frames. */
  step(emissions: Emissions): void;
  /** The best hypothesis for the frames so far; the utterance stays open. */
  partial(): Hypothesis;
  /** The hypothesis for the whole utterance, which is then closed. */
  end(): Hypothesis;
}

/** Fills in the text and words of a hypothesis from its token ids. */
export function createHypothesis(
  parts: Pick<Hypothesis, "tokenIds" | "score" | "acousticScore" | "lmScore">,
  alphabet: Alphabet,
): Hypothesis {
  const words = decodeTokenIds(parts.tokenIds, alphabet)
    .split(" ")
    .filter((word) => word !== "");
  return { text: words.join(" "), words, ...parts };
}
