/** What a small run tells: two epochs of three steps, a file that cannot be loaded, a step that is skipped. */
import type { EvaluationSummary, TrainingEvent } from "../events.js";

const STEPS_PER_EPOCH = 3;

/** @param firstStep steps that an earlier session took */
export function runEvents(runFolder: string, firstStep = 0): TrainingEvent[] {
  const facts = {
    numUtterances: 12,
    audioSeconds: 60,
    leftOut: [{ id: "long", reason: "25 s" }],
    normalisation: "",
    digest: "",
  };
  const steps = [1, 2, 3, 4, 5, 6].flatMap((step) => [
    ...(step === 2 ? [{ kind: "failure", id: "torn", reason: "torn.flac: ends early" } as const] : []),
    stepEvent(step),
    ...(step % STEPS_PER_EPOCH === 0 ? endOfEpoch(step) : []),
  ]);
  return [
    { kind: "data", train: facts, dev: facts, test: facts },
    {
      ...{ kind: "start", runFolder, epochs: 2, totalSteps: 6, firstStep },
      ...{ numParameters: 1000, numFrozen: 0, freshParameters: [] },
    },
    ...steps,
    { kind: "averaged", epochs: [1, 2], step: 6, dev: summary(0.125), isBest: true },
    { kind: "test", step: 6, test: summary(0.25) },
    {
      ...{ kind: "finished", reason: "epochs", runFolder, steps: 6, elapsedSeconds: 12 },
      best: { epoch: 2, wer: 0.5, cer: 0.25 },
    },
  ];
}

/** What a session tells that goes on after a step: all but what its checkpoint holds already. */
export function resumedEvents(runFolder: string, { step, epoch }: { step: number; epoch: number }): TrainingEvent[] {
  return runEvents(runFolder, step).filter((event) => {
    if (event.kind === "step") return event.step > step;
    return event.kind !== "epoch" || event.epoch > epoch;
  });
}

function stepEvent(step: number): TrainingEvent {
  const skipped = step === 5;
  return {
    ...{ kind: "step", epoch: Math.ceil(step / STEPS_PER_EPOCH), step, totalSteps: 6, skipped },
    ...{ loss: skipped ? Number.NaN : 8 / step, gradientNorm: skipped ? Number.POSITIVE_INFINITY : step / 4 },
    ...{ learningRate: step / 1024, audioSecondsPerSecond: 40, etaSeconds: 12 - 2 * step },
    ...(skipped && { skippedIds: ["a", "b"] }),
  };
}

function endOfEpoch(step: number): TrainingEvent[] {
  const epoch = step / STEPS_PER_EPOCH;
  return [
    { kind: "evaluating", corpus: "dev", done: 1, total: 2 },
    {
      ...{ kind: "epoch", epoch, epochs: 2, step, trainLoss: 4 / epoch, dev: summary(0.5 / epoch), isBest: true },
      elapsedSeconds: 6 * epoch,
    },
  ];
}

function summary(cer: number): EvaluationSummary {
  const counts = { substitutions: 1, deletions: 0, insertions: 0, hits: 1, referenceLength: 2 };
  const sample = { id: "a", reference: "good morning", hypothesis: "good mourning" };
  return {
    rates: { wer: 2 * cer, cer, sentenceErrorRate: 1, numUtterances: 1, words: counts, characters: counts },
    loss: 2,
    samples: [sample],
    worst: [{ ...sample, audioPath: "a.flac", durationSeconds: 1.5, wordErrors: 1 }],
  };
}
