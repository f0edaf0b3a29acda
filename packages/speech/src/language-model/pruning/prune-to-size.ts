/** Makes a model as small as it has to be, by leaving out the n-grams that matter least. */

import { SpeechError } from "../../errors.js";
import type { EstimatedNgrams } from "../estimation/estimate.js";
import { modelBytes } from "../model/binary-format.js";
import type { NgramModel } from "../model/ngram-model.js";
import type { QuantisationBits } from "../model/quantised-values.js";
import { MemoryRunStorage, type RunStorage } from "../records.js";
import { importances } from "./importance.js";
import { type Origin, withoutNgrams } from "./without-ngrams.js";

/** How large a pruned model may be. */
export interface PruneToSizeOptions {
  /** The size that the binary form may have. */
  maxBytes: number;
  /** Bits of its probabilities and back-offs. */
  bits: QuantisationBits;
  /** Where the remaining n-grams go. Default: memory. */
  storage?: RunStorage | undefined;
}

/** Halvings of the range of thresholds: enough for neighbouring Float32 values. */
const STEPS = 60;

/**
 * The n-grams of `model` of which the binary form takes at most `maxBytes`, by relative entropy (Stolcke 1998): see
 * importance.ts. A model that is small enough already keeps all of them.
 *
 * @param model exact: in 32 bits
 * @param counts of its contexts in the text, by `ContextCounter`
 * @param origin what the result says of its text
 * @throws SpeechError `invalid-option` where the words alone take more
 */
export function pruneToSize(
  model: NgramModel,
  counts: Float64Array,
  origin: Origin,
  { maxBytes, bits, storage = new MemoryRunStorage() }: PruneToSizeOptions,
): EstimatedNgrams {
  const worth = importances(model, counts);
  const sorted = worth.map((values) => values.toSorted());
  const numWords = model.counts[0] as number;
  const sizeAt = (threshold: number) => {
    const kept = sorted.map((values) => values.length - indexOfFirst(values, threshold));
    return modelBytes({ vocabulary: model.vocabulary, bits, counts: [numWords, ...withoutTrailingZeros(kept)] });
  };
  const least = sizeAt(Number.POSITIVE_INFINITY);
  if (least > maxBytes) {
    throw new SpeechError(
      "invalid-option",
      `the model's ${numWords} words alone take ${least} bytes, more than the ${maxBytes} allowed; ` +
        "allow more, or leave out rare words by pruning their counts too",
    );
  }
  const threshold = sizeAt(Number.NEGATIVE_INFINITY) <= maxBytes ? Number.NEGATIVE_INFINITY : search(sizeAt, maxBytes);
  return withoutNgrams({ model, worth, threshold, storage }, origin);
}

/** The least threshold, nearly, that makes the model small enough; what n-grams are worth spans many magnitudes. */
function search(sizeAt: (threshold: number) => number, maxBytes: number): number {
  let low = Math.log(1e-38);
  let high = Math.log(1e3);
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (sizeAt(Math.exp(middle)) <= maxBytes) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/** The first index of rising `values` that is at least `threshold`. */
function indexOfFirst(values: Float32Array, threshold: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withoutTrailingZeros(counts: readonly number[]): number[] {
  return counts.slice(0, counts.findLastIndex((count) => count > 0) + 1);
}
