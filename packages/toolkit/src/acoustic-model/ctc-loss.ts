/** The training criterion: CTC over a batch, with utterances that no alignment fits refused before libtorch sees them. */
import { minimumFrames } from "@deepspeech-ts/speech";
import { nn, type Tensor } from "@deepspeech-ts/torch";
import { UserError } from "../errors.js";
import type { ModelOutput } from "./deepspeech.js";

export interface CtcCriterionOptions {
  blankId: number;
  /** "mean": each loss divided by its target length, averaged over utterances; "none": one loss each. Default: "mean". */
  reduction?: "mean" | "none";
}

/**
 * @returns the loss, one number or [B]
 * @throws UserError where an utterance has fewer frames than its targets need: its loss would be infinite, and one
 *   infinite loss spoils every weight
 */
export function ctcLoss(
  { logProbs, logProbLengths }: ModelOutput,
  targets: readonly (readonly number[])[],
  { blankId, reduction = "mean" }: CtcCriterionOptions,
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
  return nn.functional.ctcLoss(logProbs.transpose(0, 1), targets, logProbLengths, { blankId, reduction });
}
