/** Words with the times at which they were spoken and how sure the recogniser is of them. */

import type { Alphabet } from "../text/alphabet.js";
import { type ConfidenceCalibration, calibrateConfidence } from "./confidence.js";
import type { TimedTokens } from "./decided-tokens.js";
import type { Hypothesis } from "./hypothesis.js";

/** One character of a word. Times are seconds from the start of the utterance. */
export interface TimedCharacter {
  character: string;
  startSeconds: number;
  endSeconds: number;
}

/** One word; it starts with its first character and ends with its last. */
export interface TimedWord {
  word: string;
  startSeconds: number;
  endSeconds: number;
  /** How likely the word is right, from 0 to 1; as good as its calibration: see `fitConfidence`. */
  confidence: number;
  characters: TimedCharacter[];
}

/**
 * A word found in frames of which the first lies at `seconds`, for a stretch of sound that lasts from `start` to `end`.
 * Frames lie on a grid of their own, and some are of the silence around: they may reach beyond the sound, and no word may.
 */
export function placeWord(
  word: TimedWord,
  seconds: number,
  { start, end }: { readonly start: number; readonly end: number },
): TimedWord {
  const within = (time: number) => Math.min(end, Math.max(start, time));
  const place = <T extends { startSeconds: number; endSeconds: number }>(timed: T): T => ({
    ...timed,
    startSeconds: within(timed.startSeconds + seconds),
    endSeconds: within(timed.endSeconds + seconds),
  });
  return { ...place(word), characters: word.characters.map(place) };
}

/** A hypothesis that knows when its words were spoken: `timedWords[i].word` is `words[i]`. */
export interface TimedHypothesis extends Hypothesis {
  timedWords: TimedWord[];
}

/** How frames become seconds, and raw confidences calibrated ones. */
export interface TimingScale {
  /** Seconds from one frame to the next. */
  frameSeconds: number;
  confidenceCalibration: ConfidenceCalibration;
}

/**
 * The words of `tokens`. A CTC model marks a character with one frame or a few, so times are those of the marks:
 * characters last from their first frame through their last, and pauses belong to none.
 */
export function timedWordsOf(tokens: TimedTokens, alphabet: Alphabet, scale: TimingScale): TimedWord[] {
  const words: TimedWord[] = [];
  let first = 0;
  for (let at = 0; at <= tokens.tokenIds.length; at++) {
    if (at < tokens.tokenIds.length && alphabet.tokens[tokens.tokenIds[at] as number] !== " ") continue;
    if (at > first) words.push(timedWord(tokens, first, at, alphabet, scale));
    first = at + 1;
  }
  return words;
}

function timedWord(tokens: TimedTokens, from: number, to: number, alphabet: Alphabet, scale: TimingScale): TimedWord {
  const characters: TimedCharacter[] = [];
  let logConfidence = 0;
  for (let at = from; at < to; at++) {
    logConfidence += Math.log1p(-Math.exp(tokens.doubts[at] as number));
    characters.push({
      character: alphabet.tokens[tokens.tokenIds[at] as number] as string,
      startSeconds: (tokens.starts[at] as number) * scale.frameSeconds,
      endSeconds: ((tokens.ends[at] as number) + 1) * scale.frameSeconds,
    });
  }
  return {
    word: characters.map(({ character }) => character).join(""),
    startSeconds: (characters[0] as TimedCharacter).startSeconds,
    endSeconds: (characters.at(-1) as TimedCharacter).endSeconds,
    confidence: calibrateConfidence(Math.exp(logConfidence), scale.confidenceCalibration),
    characters,
  };
}
