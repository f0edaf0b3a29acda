/**
 * An event's numbers as the curves that TensorBoard and Weights & Biases show, under the tags of the project this one
 * succeeds.
 */
import type { LoggedEvent } from "./logged-event.js";

/** A point of each curve, all at one step. */
export interface Scalars {
  step: number;
  values: Record<string, number>;
}

/** The curves' points in an event; null where it has none. `val_acc` is the share of characters that are right. */
export function scalarsOf(event: LoggedEvent): Scalars | null {
  switch (event.kind) {
    case "step": {
      const { step, loss, auxiliaryLosses = {}, learningRate, gradientNorm, audioSecondsPerSecond } = event;
      const others = Object.entries(auxiliaryLosses).map(([name, value]) => [`Loss/${name}`, value]);
      return {
        step,
        values: {
          "Loss/train": loss,
          learning_rate: learningRate,
          gradient_norm: gradientNorm,
          audio_seconds_per_second: audioSecondsPerSecond,
          ...Object.fromEntries(others),
        },
      };
    }
    case "epoch": {
      const { loss, rates } = event.dev;
      // Insertions can take CER past 1.
      const accuracy = Math.max(0, 1 - rates.cer);
      const values = { val_acc: accuracy, "Metrics/wer": rates.wer, "Metrics/cer": rates.cer };
      return { step: event.step, values: loss === undefined ? values : { "Loss/val": loss, ...values } };
    }
    case "averaged": {
      const { wer, cer } = event.dev.rates;
      return { step: event.step, values: { "Averaged/wer": wer, "Averaged/cer": cer } };
    }
    case "test": {
      const { wer, cer } = event.test.rates;
      return { step: event.step, values: { "Test/wer": wer, "Test/cer": cer } };
    }
    default:
      return null;
  }
}
