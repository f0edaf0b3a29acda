/**
 * How long a run's batches are where nobody says, and what its number of steps promises.
 *
 * CTC begins on a plateau where blanks alone are the best answer, and leaves it after so many updates, whatever these see.
 * Thirty minutes of speech in batches for a hundred hours make too few, and such a run ends without a word. So the length
 * of batches follows from the sound that the whole run plays.
 */
import type { TrainConfig } from "./config.js";

/** What is known of an optimiser, from our trials. */
interface Experience {
  /** Steps that a run should make: more than twice what it takes to begin to spell. More are welcome. */
  readonly wantedSteps: number;
  /** Below, a step's gradient is little but noise; and what Muon does in a step takes the same time whatever the batch. */
  readonly shortestBatchSeconds: number;
  /** Fewer steps leave most models on the plateau. */
  readonly fewSteps: number;
  /** So many leave few there. */
  readonly enoughSteps: number;
}

const EXPERIENCE: Record<TrainConfig["optimizer"], Experience> = {
  muon: { wantedSteps: 2500, shortestBatchSeconds: 16, fewSteps: 200, enoughSteps: 600 },
  adamw: { wantedSteps: 4000, shortestBatchSeconds: 8, fewSteps: 500, enoughSteps: 1500 },
};
/** Above, batches fit into few memories. */
const LONGEST_BATCH_SECONDS = 160;

/** With fewer steps most models stay on the plateau. */
export function fewStepsOf({ optimizer }: Pick<TrainConfig, "optimizer">): number {
  return EXPERIENCE[optimizer].fewSteps;
}

/** What left the plateau soonest in our trials. */
const HIGH_RATE = 2e-3;

/** Whether so many steps take a fresh model off CTC's plateau, as far as experience goes. */
export type Outlook = "likely" | "uncertain" | "unlikely";

type BatchConfig = Pick<TrainConfig, "maxBatchSeconds" | "epochs" | "accumulateBatches" | "optimizer">;

/**
 * The longest batch in seconds, padding counted: what was asked for, or else what makes as many steps of the run as its
 * optimiser needs, within bounds.
 *
 * @param audioSeconds sound of the training data
 */
export function batchSecondsOf(
  { maxBatchSeconds, epochs, accumulateBatches, optimizer }: BatchConfig,
  audioSeconds: number,
): number {
  if (maxBatchSeconds !== undefined) return maxBatchSeconds;
  const { wantedSteps, shortestBatchSeconds } = EXPERIENCE[optimizer];
  const wanted = Math.round((audioSeconds * epochs) / (wantedSteps * accumulateBatches));
  return Math.min(LONGEST_BATCH_SECONDS, Math.max(shortestBatchSeconds, wanted));
}

/** What to expect of a model that begins with fresh weights. */
export function outlookOf(totalSteps: number, { optimizer }: Pick<TrainConfig, "optimizer">): Outlook {
  const { fewSteps, enoughSteps } = EXPERIENCE[optimizer];
  if (totalSteps >= enoughSteps) return "likely";
  return totalSteps < fewSteps ? "unlikely" : "uncertain";
}

/** What to do about a model that answers nothing but blanks. */
export function blanksWarning({
  epoch,
  step,
  config,
  maxBatchSeconds,
}: {
  epoch: number;
  step: number;
  config: Pick<TrainConfig, "learningRate" | "optimizer">;
  maxBatchSeconds: number;
}): string {
  const { shortestBatchSeconds, enoughSteps } = EXPERIENCE[config.optimizer];
  const advice = [
    ...(maxBatchSeconds > shortestBatchSeconds
      ? [`smaller batches (--max-batch-seconds ${shortestBatchSeconds})`]
      : []),
    ...(config.learningRate < HIGH_RATE ? [`a higher rate (--learning-rate ${HIGH_RATE})`] : []),
    "more --epochs",
  ];
  const few = step < enoughSteps ? `${step} steps are few: ` : "";
  return (
    `after epoch ${epoch} the model still answers nothing on dev, the plateau on which CTC begins; ${few}try ` +
    `${advice.join(", ")}, and see that sound and text belong together ("deepspeech data check")`
  );
}
