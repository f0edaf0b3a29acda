/**
 * How long a run's batches are where nobody says, and what its number of steps promises.
 *
 * CTC begins on a plateau where blanks alone are the best answer, and leaves it after so many updates, whatever these see.
 * Thirty minutes of speech in batches for a hundred hours make too few, and such a run ends without a word. So the length
 * of batches follows from the sound that the whole run plays.
 */
import type { TrainConfig } from "./config.js";

/** Steps that a run should make. Twice what it takes to begin to spell, in our trials; more steps are welcome. */
const WANTED_STEPS = 4000;
/** Below, a batch is a single utterance or two, and a step's gradient little but noise; above, it fits into few memories. */
const SHORTEST_BATCH_SECONDS = 8;
const LONGEST_BATCH_SECONDS = 160;

/** Fewer steps leave most models on the plateau; twice as many leave few there. */
const FEW_STEPS = 500;
const ENOUGH_STEPS = 1500;

/** What left the plateau soonest in our trials. */
const HIGH_RATE = 2e-3;

/** Whether so many steps take a fresh model off CTC's plateau, as far as experience goes. */
export type Outlook = "likely" | "uncertain" | "unlikely";

type BatchConfig = Pick<TrainConfig, "maxBatchSeconds" | "epochs" | "accumulateBatches">;

/**
 * The longest batch in seconds, padding counted: what was asked for, or else what makes 4,000 steps of the run, within 8
 * and 160.
 *
 * @param audioSeconds sound of the training data
 */
export function batchSecondsOf(
  { maxBatchSeconds, epochs, accumulateBatches }: BatchConfig,
  audioSeconds: number,
): number {
  if (maxBatchSeconds !== undefined) return maxBatchSeconds;
  const wanted = Math.round((audioSeconds * epochs) / (WANTED_STEPS * accumulateBatches));
  return Math.min(LONGEST_BATCH_SECONDS, Math.max(SHORTEST_BATCH_SECONDS, wanted));
}

/** What to expect of a model that begins with fresh weights. */
export function outlookOf(totalSteps: number): Outlook {
  if (totalSteps >= ENOUGH_STEPS) return "likely";
  return totalSteps < FEW_STEPS ? "unlikely" : "uncertain";
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
  config: Pick<TrainConfig, "learningRate">;
  maxBatchSeconds: number;
}): string {
  const advice = [
    ...(maxBatchSeconds > SHORTEST_BATCH_SECONDS
      ? [`smaller batches (--max-batch-seconds ${SHORTEST_BATCH_SECONDS})`]
      : []),
    ...(config.learningRate < HIGH_RATE ? [`a higher rate (--learning-rate ${HIGH_RATE})`] : []),
    "more --epochs",
  ];
  const few = step < ENOUGH_STEPS ? `${step} steps are few: ` : "";
  return (
    `after epoch ${epoch} the model still answers nothing on dev, the plateau on which CTC begins; ${few}try ` +
    `${advice.join(", ")}, and see that sound and text belong together ("deepspeech data check")`
  );
}
