/** The training criterion: CTC over a batch, with utterances that no alignment fits refused before libtorch sees them. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { minimumFrames } from "@deepspeech-ts/speech";
import { fromTypedArray, nn, type Tensor } from "@deepspeech-ts/torch";
import type { ModelOutput } from "./deepspeech.js";

/**
 * "utterances": each loss divided by its target length, averaged over utterances, as PyTorch's "mean"; "tokens": the sum
 * of losses divided by the sum of target lengths, so that a lone letter does not weigh as much as a sentence.
 */
export type LossAverage = "utterances" | "tokens";

export interface CtcCriterionOptions {
  blankId: number;
  average: LossAverage;
}

/**
 * @returns the loss, one number
 * @throws UserError where an utterance has fewer frames than its targets need: its loss would be infinite, and one
 *   infinite loss spoils every weight
 */
export function ctcLoss(
  { logProbs, logProbLengths }: ModelOutput,
  targets: readonly (readonly number[])[],
  { blankId, average }: CtcCriterionOptions,
): Tensor {
  for (const [row, target] of targets.entries()) {
    const frames = logProbLengths[row] ?? 0;
    const needed = minimumFrames(target);
    if (frames < needed) {
      throw new UserError(
        `utterance ${row} of the batch has ${frames} frames, its ${target.length} tokens need ${needed}; leave it out.`,
        { code: "infeasible-target" },
      );
    }
  }
  const byTime = logProbs.transpose(0, 1); // [T, B, V]
  if (average === "utterances") return nn.functional.ctcLoss(byTime, targets, logProbLengths, { blankId });
  const numTokens = targets.reduce((total, target) => total + target.length, 0);
  const sum = nn.functional.ctcLoss(byTime, targets, logProbLengths, { blankId, reduction: "sum" });
  return sum.div(Math.max(1, numTokens));
}

/**
 * The average over a batch of what each utterance gives, summed over its frames, in the measure of `ctcLoss`.
 * @param losses [B]
 */
export function averageOfUtterances(
  losses: Tensor,
  targets: readonly (readonly number[])[],
  average: LossAverage,
): Tensor {
  const lengths = targets.map((target) => Math.max(1, target.length));
  const all = average === "tokens" ? lengths.reduce((total, length) => total + length, 0) : undefined;
  const shares = lengths.map((length) => 1 / (all ?? length * lengths.length));
  return losses.mul(fromTypedArray(Float32Array.from(shares), undefined, { device: losses.device })).sum();
}
