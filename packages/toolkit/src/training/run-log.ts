/** A run's curves in TensorBoard, under the tags of the project this one succeeds. */
import type { EvaluationResult } from "../evaluation/evaluate.js";
import type { StepResult } from "./step.js";
import { openEventWriter } from "./tensorboard/event-writer.js";

export class RunLog {
  readonly #events: ReturnType<typeof openEventWriter>;

  constructor(runFolder: string) {
    this.#events = openEventWriter(runFolder);
  }

  step(step: number, { loss, gradientNorm }: StepResult, learningRate: number, audioSecondsPerSecond: number): void {
    this.#events.scalar("Loss/train", loss, step);
    this.#events.scalar("learning_rate", learningRate, step);
    this.#events.scalar("gradient_norm", gradientNorm, step);
    this.#events.scalar("audio_seconds_per_second", audioSecondsPerSecond, step);
  }

  /** `val_acc` is the share of characters that are right: 1 − CER, at least 0. */
  evaluation(step: number, { rates, loss, utterances }: EvaluationResult): void {
    this.#events.scalar("Loss/val", loss, step);
    this.#events.scalar("val_acc", Math.max(0, 1 - rates.cer), step);
    this.#events.scalar("Metrics/wer", rates.wer, step);
    this.#events.scalar("Metrics/cer", rates.cer, step);
    const samples = utterances.slice(0, 5).map((u) => `**${u.id}**\n\n    ${u.reference}\n    ${u.hypothesis}`);
    this.#events.text("samples", samples.join("\n\n"), step);
    this.#events.flush();
  }

  test(step: number, { rates }: EvaluationResult): void {
    this.#events.scalar("Test/wer", rates.wer, step);
    this.#events.scalar("Test/cer", rates.cer, step);
    this.#events.flush();
  }

  close(): void {
    this.#events.close();
  }
}
