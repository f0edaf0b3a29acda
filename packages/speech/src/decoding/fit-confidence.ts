/**
 * Fits a calibration of word confidences by logistic regression, and keeps it only where it helps on words that it was
 * not fitted on: a few words teach little, and what was right already needs no mending.
 */

import { SpeechError } from "../errors.js";
import { type ConfidenceCalibration, calibrateConfidence, confidenceTerms, UNCALIBRATED } from "./confidence.js";
import { logisticRegression } from "./logistic-regression.js";

/** A word's raw confidence, and whether the word was right. */
export interface ConfidenceSample {
  confidence: number;
  correct: boolean;
}

/** How well confidences say what is right. */
export interface CalibrationQuality {
  /** The mean negative log-likelihood of what was right and wrong, natural log. */
  negativeLogLikelihood: number;
  /** The mean squared difference of confidence and what was right (1) and wrong (0). */
  brierScore: number;
  /** Words in order of their confidence, in ten bins of as many words each. */
  bins: readonly ConfidenceBin[];
}

/** Words of like confidence. */
export interface ConfidenceBin {
  numWords: number;
  /** The mean of their confidences. */
  confidence: number;
  /** The share of them that is right. */
  correct: number;
}

/** A calibration, and what it brings. */
export interface ConfidenceFit {
  /** `UNCALIBRATED` where none helps. */
  calibration: ConfidenceCalibration;
  /** How good raw confidences are. */
  before: CalibrationQuality;
  /** How good calibrated ones are on words that the calibration was not fitted on; `before` where none helps. */
  after: CalibrationQuality;
}

const NUM_BINS = 10;
const NUM_FOLDS = 5;

/**
 * The calibration at which the words are likeliest. Whether it helps is judged on held-out words: each fifth of the
 * utterances by what is fitted on the other four. It must lower both the log-likelihood's loss and the Brier score, and no
 * bin may be farther off than the farthest was.
 *
 * @param utterances the words of each; words of one utterance are right and wrong together
 * @throws SpeechError `number-out-of-range` at a confidence outside 0 to 1
 */
export function fitConfidence(utterances: readonly (readonly ConfidenceSample[])[]): ConfidenceFit {
  const spoken = utterances.filter((words) => words.length > 0);
  const all = spoken.flat();
  const bad = all.find(({ confidence }) => !(confidence >= 0 && confidence <= 1));
  if (bad !== undefined) {
    throw new SpeechError("number-out-of-range", `a word's confidence is ${bad.confidence}; it must be from 0 to 1`);
  }
  const before = calibrationQuality(all);
  const after = calibrationQuality(heldOut(spoken));
  const helps =
    after.negativeLogLikelihood < before.negativeLogLikelihood &&
    after.brierScore < before.brierScore &&
    largestGap(after) <= largestGap(before);
  if (!helps) return { calibration: UNCALIBRATED, before, after: before };
  return { calibration: likeliest(all), before, after };
}

/** All words, each calibrated by the utterances of other folds. One utterance alone stays as it is. */
function heldOut(utterances: readonly (readonly ConfidenceSample[])[]): ConfidenceSample[] {
  if (utterances.length < 2) return utterances.flat();
  return Array.from({ length: NUM_FOLDS }, (_, fold) => {
    const calibration = likeliest(utterances.filter((_, i) => i % NUM_FOLDS !== fold).flat());
    return utterances.filter((_, i) => i % NUM_FOLDS === fold).flatMap((words) => calibrated(words, calibration));
  }).flat();
}

/** The words, with calibrated confidences. */
export function calibrated(words: readonly ConfidenceSample[], calibration: ConfidenceCalibration): ConfidenceSample[] {
  return words.map((word) => ({ ...word, confidence: calibrateConfidence(word.confidence, calibration) }));
}

/** How good the words' confidences are, as they stand. */
export function calibrationQuality(words: readonly ConfidenceSample[]): CalibrationQuality {
  let loss = 0;
  let squares = 0;
  for (const { confidence, correct } of words) {
    const [logConfidence, minusLogDoubt] = confidenceTerms(confidence);
    loss += correct ? -logConfidence : minusLogDoubt;
    squares += (confidence - (correct ? 1 : 0)) ** 2;
  }
  const count = Math.max(1, words.length);
  return { negativeLogLikelihood: loss / count, brierScore: squares / count, bins: binsOf(words) };
}

/** The farthest that a bin's confidence lies from its share of right words; 0 is perfect. */
export function largestGap({ bins }: CalibrationQuality): number {
  return Math.max(0, ...bins.map(({ confidence, correct }) => Math.abs(confidence - correct)));
}

function binsOf(words: readonly ConfidenceSample[]): ConfidenceBin[] {
  const sorted = words.toSorted((a, b) => a.confidence - b.confidence);
  const place = (bin: number) => Math.floor((bin * sorted.length) / NUM_BINS);
  return Array.from({ length: NUM_BINS }, (_, bin) => sorted.slice(place(bin), place(bin + 1)))
    .filter((bin) => bin.length > 0)
    .map((bin) => ({
      numWords: bin.length,
      confidence: bin.reduce((sum, { confidence }) => sum + confidence, 0) / bin.length,
      correct: bin.filter(({ correct }) => correct).length / bin.length,
    }));
}

/**
 * What comes closest to p^(1/T), which bundles of earlier versions have: it is off by some hundredths at most.
 *
 * @param temperature T, above 0
 */
export function calibrationOfTemperature(temperature: number): ConfidenceCalibration {
  const confidences = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  if (temperature === 1) return UNCALIBRATED;
  return regress(
    confidences,
    confidences.map((confidence) => confidence ** (1 / temperature)),
  );
}

function likeliest(words: readonly ConfidenceSample[]): ConfidenceCalibration {
  return regress(
    words.map(({ confidence }) => confidence),
    plattTargets(words),
  );
}

/** Slopes below 0, which would turn the order round, become 0 and the others are fitted without them. */
function regress(confidences: readonly number[], targets: readonly number[]): ConfidenceCalibration {
  const terms = confidences.map(confidenceTerms);
  const fit = (...used: (0 | 1)[]) =>
    logisticRegression(
      terms.map((term) => [1, ...used.map((i) => term[i] as number)]),
      targets,
    );
  const [offset, slope, slopeOfDoubt] = fit(0, 1) as [number, number, number];
  if (slope >= 0 && slopeOfDoubt >= 0) return [offset, slope, slopeOfDoubt];
  const used = slope < slopeOfDoubt ? 1 : 0;
  const [alone, own] = fit(used) as [number, number];
  if (own < 0) return [fit()[0] as number, 0, 0];
  return used === 0 ? [alone, own, 0] : [alone, 0, own];
}

/**
 * What right and wrong words aim at: not quite 1 and 0, so that a handful of words which are all right do not make every
 * word a certainty (Platt, "Probabilistic outputs for support vector machines", 1999, section 2.2).
 */
function plattTargets(words: readonly ConfidenceSample[]): number[] {
  const numRight = words.filter(({ correct }) => correct).length;
  const right = (numRight + 1) / (numRight + 2);
  const wrong = 1 / (words.length - numRight + 2);
  return words.map(({ correct }) => (correct ? right : wrong));
}
