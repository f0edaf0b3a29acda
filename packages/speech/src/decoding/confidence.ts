/**
 * Word confidence: the probability that a word is right. The raw value is the probability that each of the word's
 * characters was heard in at least one of the frames that the alignment gives it, frames and characters taken as
 * independent. They are not, and a language model knows what the sound does not tell, so the raw value is systematically
 * off; a calibration, fitted on words known to be right or wrong (fit-confidence.ts), mends it.
 */

import { SpeechError } from "../errors.js";
import { align } from "../metrics/edit-distance.js";

/**
 * The a, b and c of beta calibration: from a raw confidence p to the one whose log-odds are a + b ln p - c ln(1 - p)
 * (Kull, Silva Filho & Flach, "Beta calibration", AISTATS 2017, section 3). b and c are at least 0, so that order is kept.
 * Where they are equal, it is Platt's offset and slope on the log-odds; with [0, 1, 1] confidences stay as they are.
 */
export type ConfidenceCalibration = readonly [offset: number, slope: number, slopeOfDoubt: number];

/** Raw confidences as they are. */
export const UNCALIBRATED: ConfidenceCalibration = [0, 1, 1];

/** Confidences of exactly 0 and 1 would make one mistake infinitely bad. */
const MARGIN = 1e-6;

/** The calibrated confidence of a raw one. */
export function calibrateConfidence(confidence: number, calibration: ConfidenceCalibration): number {
  if (isUncalibrated(calibration)) return confidence;
  const [offset, slope, slopeOfDoubt] = calibration;
  const [logConfidence, minusLogDoubt] = confidenceTerms(confidence);
  return 1 / (1 + Math.exp(-(offset + slope * logConfidence + slopeOfDoubt * minusLogDoubt)));
}

/** Whether confidences stay as the search gives them. */
export function isUncalibrated(calibration: ConfidenceCalibration): boolean {
  return calibration.every((value, i) => value === UNCALIBRATED[i]);
}

/** ln p and -ln(1 - p), both finite. */
export function confidenceTerms(confidence: number): [logConfidence: number, minusLogDoubt: number] {
  const bounded = Math.min(1 - MARGIN, Math.max(MARGIN, confidence));
  return [Math.log(bounded), -Math.log1p(-bounded)];
}

/** @throws SpeechError `number-out-of-range` */
export function checkCalibration(name: string, calibration: ConfidenceCalibration): void {
  if (isCalibration(calibration)) return;
  const wanted = "three finite numbers, the second and third at least 0";
  throw new SpeechError("number-out-of-range", `${name} is ${JSON.stringify(calibration)}; it must be ${wanted}`);
}

export function isCalibration(value: unknown): value is ConfidenceCalibration {
  if (!Array.isArray(value) || value.length !== 3 || !value.every(Number.isFinite)) return false;
  return value[1] >= 0 && value[2] >= 0;
}

/** For each of `words`, whether it matches its word of `reference` in the best alignment. */
export function correctWords(words: readonly string[], reference: readonly string[]): boolean[] {
  return align(reference, words)
    .filter(({ kind }) => kind !== "deletion")
    .map(({ kind }) => kind === "hit");
}
