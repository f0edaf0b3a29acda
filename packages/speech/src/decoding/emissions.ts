/**
 * What an acoustic model says about one utterance, and the checks every decoder makes before it believes it. A NaN or
 * a logit mistaken for a log-probability would otherwise decode to plausible nonsense.
 */

import { SpeechError } from "../errors.js";
import { phoneAlphabet } from "../pronunciation/phones.js";
import type { Alphabet } from "../text/alphabet.js";

/** The log-probabilities of one utterance, or of one stretch of it: valid frames only, no padding. */
export interface Emissions {
  /** Natural logarithms, row-major [numFrames, numTokens]. */
  logProbs: Float32Array;
  numFrames: number;
  numTokens: number;
}

/**
 * What of a model's output is an alphabet's: all of it, or where phones stand beside its tokens the first of each frame.
 *
 * @throws SpeechError `invalid-emissions` where it has other tokens
 */
export function letterEmissions(output: Emissions, alphabet: Alphabet): Emissions {
  const { length } = alphabet.tokens;
  const letters = output.numTokens === length + NUM_PHONES ? columns(output, 0, length) : output;
  checkEmissionsMatch(letters, alphabet);
  return letters;
}

/**
 * What a model's output says of phones, which stand behind its alphabet's tokens in each frame, as `phoneAlphabet` has them.
 *
 * @throws SpeechError `invalid-emissions` where it has none
 */
export function phoneEmissions(output: Emissions, alphabet: Alphabet): Emissions {
  const { length } = alphabet.tokens;
  if (output.numTokens === length + NUM_PHONES) return columns(output, length, output.numTokens);
  throw new SpeechError(
    "invalid-emissions",
    `emissions have ${output.numTokens} tokens a frame, an alphabet of ${length} with phones ${length + NUM_PHONES}; search letters, or use a model that writes phones`,
  );
}

const NUM_PHONES = phoneAlphabet.tokens.length;

function columns(output: Emissions, from: number, to: number): Emissions {
  const { logProbs, numFrames, numTokens } = output;
  checkShape(output);
  const width = to - from;
  const own = new Float32Array(numFrames * width);
  for (let frame = 0; frame < numFrames; frame++) {
    const row = frame * numTokens;
    own.set(logProbs.subarray(row + from, row + to), frame * width);
  }
  return { logProbs: own, numFrames, numTokens: width };
}

/** A log-probability may exceed 0 by this much: rounding, above all of half-precision models. */
export const LOG_PROB_TOLERANCE = 1e-3;

/**
 * Refuses emissions whose size disagrees with their shape, or that hold NaN or a log-probability above 0 by more than
 * `LOG_PROB_TOLERANCE`. Minus infinity is allowed, and so are zero frames.
 *
 * @param firstFrame the utterance's frame at which these emissions start, for the message; 0 by default
 * @throws SpeechError `invalid-emissions`, naming the frame and the token
 */
export function validateEmissions(emissions: Emissions, firstFrame = 0): void {
  checkShape(emissions);
  const { logProbs, numTokens } = emissions;
  const bad = firstBad(logProbs);
  if (bad === -1) return;
  const where = `frame ${firstFrame + Math.floor(bad / numTokens)}, token ${bad % numTokens}`;
  const value = logProbs[bad] as number;
  const advice = Number.isNaN(value)
    ? "the model's output is not a number"
    : "a log-probability is at most 0; were logits passed?";
  throw new SpeechError("invalid-emissions", `emissions at ${where} are ${value}: ${advice}`);
}

function checkShape({ logProbs, numFrames, numTokens }: Emissions): void {
  if (!Number.isInteger(numFrames) || numFrames < 0 || !Number.isInteger(numTokens) || numTokens < 1) {
    throw new SpeechError(
      "invalid-emissions",
      `emissions have numFrames ${numFrames} and numTokens ${numTokens}; both must be whole numbers, numTokens at least 1`,
    );
  }
  if (logProbs.length !== numFrames * numTokens) {
    throw new SpeechError(
      "invalid-emissions",
      `emissions hold ${logProbs.length} log-probabilities; ${numFrames} frames of ${numTokens} tokens need ${numFrames * numTokens}`,
    );
  }
}

/** The first value that is no log-probability, or -1. A plain loop: `findIndex` calls back for each, which costs tenfold. */
function firstBad(logProbs: Float32Array): number {
  for (let i = 0; i < logProbs.length; i++) {
    // Written so that NaN, too, fails the comparison.
    if (!((logProbs[i] as number) <= LOG_PROB_TOLERANCE)) return i;
  }
  return -1;
}

/**
 * Refuses emissions with another number of tokens than the alphabet.
 *
 * @throws SpeechError `invalid-emissions`
 */
export function checkEmissionsMatch(emissions: Emissions, alphabet: Alphabet): void {
  if (emissions.numTokens === alphabet.tokens.length) return;
  throw new SpeechError(
    "invalid-emissions",
    `emissions have ${emissions.numTokens} tokens a frame, the alphabet ${alphabet.tokens.length}; use the alphabet that the model was trained with`,
  );
}
