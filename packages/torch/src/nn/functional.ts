/** Layers without parameters, as functions. */

import { call } from "../call.js";
import { fromTypedArray } from "../creation.js";
import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";

/**
 * x · Φ(x), with Φ the normal distribution function: the exact form, by erf. Hendrycks & Gimpel 2016, arXiv:1606.08415.
 *
 * It runs over the flattened input, so that its backward meets a contiguous gradient: libtorch 1.13's oneDNN kernel
 * reads a strided one (as a batch-first GRU or a transpose hands back) as if it were contiguous, and returns garbage.
 */
export function gelu(input: Tensor): Tensor {
  return call("gelu", [input.reshape([-1])]).reshape(input.shape);
}

/** Adds `padding` values at the ends of the last axes: [left, right, top, bottom, …], as `torch.nn.functional.pad`. */
export function pad(input: Tensor, padding: readonly number[], value = 0): Tensor {
  return call("constant_pad_nd", [input, padding, value]);
}

/** exp(x) / Σ exp(x) along a dimension; the same shape. */
export function softmax(input: Tensor, dimension: number): Tensor {
  return call("softmax.int", [input, dimension]);
}

/** ln softmax(x) along a dimension; the same shape. */
export function logSoftmax(input: Tensor, dimension: number): Tensor {
  return call("log_softmax.int", [input, dimension]);
}

/** How CTC's loss is counted. */
export interface CtcLossOptions {
  /** Index of the blank. Default: 0. */
  blankId?: number;
  /** "mean" divides each loss by its target length and averages over utterances. Default: "mean". */
  reduction?: "none" | "mean" | "sum";
  /** Infinite losses, of utterances with too few frames, become zero. Default: false. */
  zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification: −log of the probability of all alignments. Graves et al. 2006.
 *
 * @param logProbs [T, B, V], normalised
 * @param targets for each utterance its token ids, none of them the blank
 * @throws TorchError VALUE for a target that is the blank or not in 0…V-1: libtorch would read beyond its arrays
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: readonly (readonly number[])[],
  logProbLengths: readonly number[],
  { blankId = 0, reduction = "mean", zeroInfinity = false }: CtcLossOptions = {},
): Tensor {
  const numClasses = logProbs.size(2);
  const wrong = targets.flat().find((id) => !(Number.isInteger(id) && id >= 0 && id < numClasses && id !== blankId));
  if (wrong !== undefined) {
    throw new TorchError(
      "VALUE",
      `ctcLoss: targets must be in 0…${numClasses - 1} and not the blank ${blankId}, found ${wrong}`,
    );
  }
  // The overload of the length lists wants targets where the log-probabilities are; joined targets need no padding.
  const joined = fromTypedArray(BigInt64Array.from(targets.flat(), BigInt), undefined, { device: logProbs.device });
  const targetLengths = targets.map((target) => target.length);
  const reductionId = { none: 0, mean: 1, sum: 2 }[reduction];
  return call("ctc_loss.IntList", [
    logProbs,
    joined,
    logProbLengths,
    targetLengths,
    blankId,
    reductionId,
    zeroInfinity,
  ]);
}
