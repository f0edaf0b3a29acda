/** Fits word confidences to what a decoder gets right on a corpus. */
import {
  type ConfidenceFit,
  type ConfidenceSample,
  correctWords,
  fitConfidence,
  splitWords,
  type TimedWord,
} from "@deepspeech-ts/speech";
import type { Decode } from "./decoding.js";
import type { StoredUtterance } from "./tune.js";

/** What makes the confidences of these utterances' words as often right as they say, by what `decode` finds. */
export function calibrateWords(utterances: readonly StoredUtterance[], decode: Decode): ConfidenceFit {
  return fitConfidence(
    utterances.map(({ reference, emissions }) => judgeWords(decode.timed(emissions).timedWords, reference)),
  );
}

/** Each word's confidence, and whether it was right. */
export function judgeWords(timedWords: readonly TimedWord[], reference: string): ConfidenceSample[] {
  const words = timedWords.map(({ word }) => word);
  const correct = correctWords(words, splitWords(reference));
  return timedWords.map(({ confidence }, i) => ({ confidence, correct: correct[i]! }));
}
