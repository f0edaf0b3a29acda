/**
 * How far an error rate can be trusted: the bootstrap over utterances of M. Bisani and H. Ney, "Bootstrap Estimates for
 * Confidence Intervals in ASR Performance Evaluation" (ICASSP 2004).
 *
 * Errors come in clumps, so a binomial interval over words is too narrow. Utterances are the units that can be taken as
 * independent: as many of them as the corpus has are drawn with replacement, again and again, and the corpus rate of
 * each draw is computed. The rates' percentiles are the interval. For two systems the same utterances are drawn for
 * both, which cancels what makes an utterance hard for either and leaves what makes the systems differ.
 */

import { SpeechError } from "../errors.js";
import { countErrors, type EditCounts } from "./edit-distance.js";

/** How an interval is drawn. */
export interface BootstrapOptions {
  /** How many times the corpus is drawn anew. Default: 1000. */
  resamples?: number;
  /** The same seed gives the same interval. Default: 0. */
  seed?: number;
  /** The share of draws that the interval holds. Default: 0.95. */
  confidence?: number;
}

/** Where a rate lies with this confidence. */
export interface ConfidenceInterval {
  low: number;
  high: number;
  confidence: number;
}

/** How the first of two systems compares with the second on the same utterances. */
export interface PairedBootstrap {
  /** The first's corpus rate less the second's: below 0, the first is better. */
  difference: number;
  /** The interval of `difference`. */
  interval: ConfidenceInterval;
  /** Bisani and Ney's measure: the share of draws in which the first is better, ties counted half. */
  probabilityOfImprovement: number;
  /**
   * Two-sided: twice the smaller share of draws on either side of 0, with 0 itself on both, and at most 1. The
   * observed corpus counts as one more draw (Davison and Hinkley 1997, section 4.2), so that no finite number of draws claims certainty.
   */
  pValue: number;
}

/**
 * The confidence interval of the corpus's error rate.
 *
 * @param utterances the counts of each utterance, all of words or all of characters
 * @throws SpeechError `empty-reference` when all references together are empty; `invalid-option`
 */
export function bootstrapInterval(
  utterances: readonly EditCounts[],
  options: BootstrapOptions = {},
): ConfidenceInterval {
  const { resamples, seed, confidence } = checkedOptions(options);
  const rates = drawRates(utterances.map(countErrors), lengthsOf(utterances), { resamples, seed });
  return intervalOf(rates, confidence);
}

/**
 * Compares two systems by drawing the same utterances for both.
 *
 * @param first the counts of each utterance by one system
 * @param second by the other, in the same order and of the same references
 * @throws SpeechError `empty-reference`; `invalid-option`, also where the references disagree
 */
export function pairedBootstrap(
  first: readonly EditCounts[],
  second: readonly EditCounts[],
  options: BootstrapOptions = {},
): PairedBootstrap {
  const { resamples, seed, confidence } = checkedOptions(options);
  checkSameReferences(first, second);
  const gains = first.map((counts, i) => countErrors(counts) - countErrors(second[i]!));
  const lengths = lengthsOf(first);
  const draws = drawRates(gains, lengths, { resamples, seed });
  const numBelow = draws.filter((difference) => difference < 0).length;
  const numZero = draws.filter((difference) => difference === 0).length;
  const smallerTail = Math.min(numBelow, resamples - numBelow - numZero) + numZero;
  return {
    difference: sum(gains) / sum(lengths),
    interval: intervalOf(draws, confidence),
    probabilityOfImprovement: (numBelow + numZero / 2) / resamples,
    pValue: Math.min(1, (2 * (smallerTail + 1)) / (resamples + 1)),
  };
}

/** Draws the corpus anew, again and again: of each draw, the sum of `values` over the sum of `lengths`. */
function drawRates(
  values: readonly number[],
  lengths: readonly number[],
  { resamples, seed }: { resamples: number; seed: number },
): Float64Array {
  const next = splitMix32(seed);
  return Float64Array.from({ length: resamples }, () => {
    let [value, length] = [0, 0];
    // A draw of empty references alone has no rate, and is drawn again.
    while (length === 0) {
      value = 0;
      for (let i = 0; i < values.length; i++) {
        const drawn = Math.floor((next() / 2 ** 32) * values.length);
        value += values[drawn]!;
        length += lengths[drawn]!;
      }
    }
    return value / length;
  });
}

function intervalOf(draws: Float64Array, confidence: number): ConfidenceInterval {
  const sorted = draws.toSorted();
  const tail = (1 - confidence) / 2;
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail), confidence };
}

/** Linear between the two nearest draws (Hyndman and Fan's type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (position - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
}

function lengthsOf(utterances: readonly EditCounts[]): number[] {
  const lengths = utterances.map(({ referenceLength }) => referenceLength);
  if (sum(lengths) > 0) return lengths;
  throw new SpeechError(
    "empty-reference",
    `an error rate is undefined: the references are empty (utterances: ${lengths.length}); check that the transcripts were read`,
  );
}

function checkSameReferences(first: readonly EditCounts[], second: readonly EditCounts[]): void {
  const differs = first.findIndex(({ referenceLength }, i) => second[i]?.referenceLength !== referenceLength);
  if (differs === -1 && first.length === second.length) return;
  throw new SpeechError(
    "invalid-option",
    `the systems cannot be compared: utterance ${differs === -1 ? first.length : differs} has another reference in each; pass the same utterances in the same order`,
  );
}

function checkedOptions({
  resamples = 1000,
  seed = 0,
  confidence = 0.95,
}: BootstrapOptions): Required<BootstrapOptions> {
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new SpeechError("invalid-option", `resamples is ${resamples}; it must be a whole number of at least 1`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new SpeechError("invalid-option", `confidence is ${confidence}; it must lie between 0 and 1`);
  }
  return { resamples, seed, confidence };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Whole numbers in [0, 2^32): a Weyl sequence through MurmurHash3's finishing step, after Steele et al.'s SplitMix (OOPSLA 2014). */
function splitMix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}
