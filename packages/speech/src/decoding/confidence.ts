/**
 * Word confidence: the probability that a word is right. The raw value is the probability that each of the word's
 * characters was heard in at least one of the frames that the alignment gives it, frames and characters taken as
 * independent. They are not, so the raw value is systematically off; a temperature T, fitted on words known to be
 * right or wrong, mends it: p^(1/T) (temperature scaling; Guo et al., "On Calibration of Modern Neural Networks",
 * ICML 2017, section 4.2, applied to the word's log-probability).
 */

import { SpeechError } from "../errors.js";
import { align } from "../metrics/edit-distance.js";

/** A word's confidence at temperature 1, and whether the word was right. */
export interface ConfidenceSample {
  confidence: number;
  correct: boolean;
}

/** A fitted temperature, and how good the confidences are without and with it. */
export interface ConfidenceFit {
  temperature: number;
  before: CalibrationQuality;
  after: CalibrationQuality;
}

export interface CalibrationQuality {
  /** The mean negative log-likelihood of what was right and wrong, natural log. */
  negativeLogLikelihood: number;
  /** How far mean confidence and share of right words lie apart, over ten equal bins; 0 is perfect. */
  expectedCalibrationError: number;
}

const COLDEST = 0.02;
const HOTTEST = 50;
const NUM_BINS = 10;
/** Confidences of exactly 0 and 1 would make one mistake infinitely bad. */
const MARGIN = 1e-6;

/** `confidence^(1/temperature)`: above 1 the temperature raises confidences, below 1 it lowers them. */
export function calibrateConfidence(confidence: number, temperature: number): number {
  return temperature === 1 ? confidence : confidence ** (1 / temperature);
}

/**
 * The temperature, from 0.02 to 50, at which `samples` are likeliest. The negative log-likelihood is convex in 1/T, so
 * bisection on its slope finds the one minimum.
 *
 * @throws SpeechError `invalid-option` without samples; `number-out-of-range` at a confidence outside 0 to 1
 */
export function fitConfidenceTemperature(samples: readonly ConfidenceSample[]): ConfidenceFit {
  if (samples.length === 0) {
    throw new SpeechError("invalid-option", "a confidence temperature needs words to be fitted on; there are none");
  }
  const bad = samples.find(({ confidence }) => !(confidence >= 0 && confidence <= 1));
  if (bad !== undefined) {
    throw new SpeechError("number-out-of-range", `a word's confidence is ${bad.confidence}; it must be from 0 to 1`);
  }
  let low = 1 / HOTTEST;
  let high = 1 / COLDEST;
  for (let round = 0; round < 60; round++) {
    const middle = Math.sqrt(low * high);
    if (slope(samples, middle) < 0) low = middle;
    else high = middle;
  }
  const temperature = 1 / Math.sqrt(low * high);
  return { temperature, before: calibrationQuality(samples, 1), after: calibrationQuality(samples, temperature) };
}

/** How well `samples` are calibrated at `temperature`. */
export function calibrationQuality(samples: readonly ConfidenceSample[], temperature: number): CalibrationQuality {
  const bins = Array.from({ length: NUM_BINS }, () => ({ confidence: 0, correct: 0 }));
  let loss = 0;
  for (const { confidence, correct } of samples) {
    const calibrated = calibrateConfidence(bounded(confidence), temperature);
    const bin = bins[Math.min(NUM_BINS - 1, Math.floor(calibrated * NUM_BINS))] as (typeof bins)[number];
    bin.confidence += calibrated;
    bin.correct += correct ? 1 : 0;
    loss -= Math.log(correct ? calibrated : 1 - calibrated);
  }
  const gap = bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.correct), 0);
  return { negativeLogLikelihood: loss / samples.length, expectedCalibrationError: gap / samples.length };
}

/** The derivative of the negative log-likelihood by 1/T. */
function slope(samples: readonly ConfidenceSample[], inverseTemperature: number): number {
  let total = 0;
  for (const { confidence, correct } of samples) {
    const logConfidence = Math.log(bounded(confidence));
    total -= correct ? logConfidence : logConfidence / -Math.expm1(-inverseTemperature * logConfidence);
  }
  return total;
}

function bounded(confidence: number): number {
  return Math.min(1 - MARGIN, Math.max(MARGIN, confidence));
}

/** For each of `words`, whether it matches its word of `reference` in the best alignment. */
export function correctWords(words: readonly string[], reference: readonly string[]): boolean[] {
  return align(reference, words)
    .filter(({ kind }) => kind !== "deletion")
    .map(({ kind }) => kind === "hit");
}
