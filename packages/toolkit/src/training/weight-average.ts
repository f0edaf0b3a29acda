/**
 * The exponential moving average of a model's weights (Polyak & Juditsky 1992), which is what is evaluated and kept:
 * it smooths over the noise of the last steps as a falling learning rate does, without waiting for it.
 */
import { call, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";

/**
 * Moves `averages` towards `weights` by one step.
 *
 * The decay grows from 0.1 with the number of steps, min(decay, (1 + n) / (10 + n)) as in TensorFlow's
 * ExponentialMovingAverage, so that the average forgets its random start and suits short runs too.
 *
 * @param averages one for each weight, changed in place
 * @param steps steps taken, this one counted
 */
export function updateWeightAverage(
  averages: readonly Tensor[],
  weights: readonly Tensor[],
  { decay, steps }: { decay: number; steps: number },
): void {
  const keep = Math.min(decay, (1 + steps) / (10 + steps));
  noGrad(() =>
    tidy(() => {
      call("_foreach_mul_.Scalar", [[...averages], keep]);
      call("_foreach_add_.List", [[...averages], [...weights]], { alpha: 1 - keep });
    }),
  );
}
