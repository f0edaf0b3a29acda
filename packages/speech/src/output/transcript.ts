/** What the output formats are made of. */

import type { TimedWord } from "../decoding/timed-word.js";

/** A recording's text with times: a hypothesis of the beam search or a forced alignment, and what it belongs to. */
export interface Transcript {
  /** The recording's or utterance's name; CTM allows no white space in it. */
  id: string;
  text: string;
  timedWords: readonly TimedWord[];
  /** The length of the recording. */
  durationSeconds?: number;
  /** Other texts that the decoder considered, best first. */
  alternatives?: readonly { text: string; score: number }[];
}
