import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import type { EvaluationSummary, TrainingEvent } from "@deepspeech-ts/toolkit/internal/training/events.js";
import type { EventOf } from "./training-lines.js";
import { TrainingReporter } from "./training-reporter.js";

const pair = { reference: "please enter your pin", hypothesis: "please enter pin" };
const summary: EvaluationSummary = {
  rates: corpusErrorRates([pair]),
  loss: 0.51234,
  samples: [{ id: "1-1", ...pair }],
  worst: [],
};

const facts = { numUtterances: 465, audioSeconds: 1090, leftOut: [], normalisation: "", digest: "" };
const start: TrainingEvent = {
  ...{ kind: "start", runFolder: "runs/quickstart/version_0", numParameters: 14_233_053 },
  ...{ numFrozen: 0, freshParameters: [], epochs: 10, totalSteps: 1500, firstStep: 0 },
};

function stepAt(step: number, changes: Partial<EventOf<"step">> = {}): TrainingEvent {
  return {
    ...{ kind: "step", epoch: 1, step, totalSteps: 1500, loss: 2.5, learningRate: 5e-4, gradientNorm: 1 },
    ...{ audioSecondsPerSecond: 48.4, etaSeconds: 200, skipped: false },
    ...changes,
  };
}

function finished(reason: EventOf<"finished">["reason"], best: EventOf<"finished">["best"]): TrainingEvent {
  return { kind: "finished", reason, runFolder: "runs/quickstart/version_0", steps: 30, elapsedSeconds: 125, best };
}

/** What a log holds after these events; `afterMs` is when each came. */
function linesOf(events: readonly [TrainingEvent, afterMs?: number][]): string[] {
  const lines: string[] = [];
  let now = 0;
  const reporter = new TrainingReporter({
    writeLine: (line) => lines.push(line),
    test: ["sample-corpus/test", "my data"],
    now: () => now,
  });
  for (const [event, afterMs = 0] of events) {
    now = afterMs;
    reporter.handle(event);
  }
  return lines;
}

describe("a training run in a log", () => {
  test("begins with the data", () => {
    const reasons = ["too long", "no words", "too short", "no audio"];
    const leftOut = reasons.map((reason, index) => ({ id: `1-${index}`, reason }));
    const dev = { ...facts, numUtterances: 1, audioSeconds: 7200, leftOut, normalisation: "digits: 3\naccents: 1" };
    assert.deepEqual(linesOf([[{ kind: "data", train: facts, dev, test: null }]]), [
      "Data",
      "  train  465 utterances, 18.2 min",
      "  dev    1 utterance, 2.0 h, 4 left out:",
      "           1-0: too long",
      "           1-1: no words",
      "           1-2: too short",
      "           … and 1 more",
      "         digits: 3",
      "         accents: 1",
    ]);
  });

  test("names the model and the run's folder", () => {
    assert.deepEqual(linesOf([[start]]), [
      "Model  14,233,053 parameters",
      "Run    runs/quickstart/version_0: 10 epochs, 1,500 steps",
    ]);
    const tuned: Partial<EventOf<"start">> = { numFrozen: 4640, freshParameters: ["classifier.3.weight"] };
    assert.deepEqual(linesOf([[{ ...start, ...tuned } as TrainingEvent]]).slice(0, 1), [
      "Model  14,233,053 parameters, 4,640 of them frozen; not taken over: classifier.3.weight",
    ]);
    const resumed = linesOf([[{ ...start, firstStep: 1200 } as TrainingEvent]]);
    assert.equal(resumed[1], "Run    runs/quickstart/version_0: 10 epochs, 1,500 steps, going on after step 1,200");
    const timed = linesOf([[{ ...start, maxMinutes: 54 } as TrainingEvent]]);
    assert.equal(
      timed[1],
      "Run    runs/quickstart/version_0: 10 epochs, 1,500 steps or 54 min 00 s, whichever is over first",
    );
  });

  test("says how an epoch is cut into batches", () => {
    const plan: TrainingEvent = {
      kind: "plan",
      numBatches: 150,
      paddingWaste: 0.031,
      largest: { utterances: 14, seconds: 11.27 },
      ...{ maxBatchSeconds: 160, totalSteps: 1_503, outlook: "likely" },
    };
    const first = "Plan   150 batches of up to 160 s an epoch, 3.10% padding; the largest, 14 × 11.3 s, fits";
    assert.deepEqual(linesOf([[plan]]), [first, "       1,503 steps in all: enough for first words, as a rule", ""]);
    assert.deepEqual(linesOf([[{ ...plan, totalSteps: 190, outlook: "unlikely" }]]), [
      first,
      "       190 steps in all: too few for first words, as a rule; make more steps by more --epochs or smaller --max-batch-seconds",
      "",
    ]);
    assert.deepEqual(linesOf([[{ ...plan, outlook: null }]]), [first, ""]);
  });

  test("warns in a line of its own", () => {
    assert.deepEqual(linesOf([[{ kind: "warning", message: "mind the gap" }]]), ["! mind the gap"]);
  });

  test("has a line of progress every ten seconds", () => {
    const steps: [TrainingEvent, number][] = [
      [stepAt(1), 100],
      [stepAt(2), 9_999],
      [stepAt(3, { etaSeconds: Number.POSITIVE_INFINITY }), 10_000],
      [stepAt(4), 19_999],
      [stepAt(5, { audioSecondsPerSecond: 4.84, etaSeconds: 5 }), 20_000],
      [{ kind: "evaluating", corpus: "dev", done: 20, total: 42 }, 30_000],
    ];
    assert.deepEqual(linesOf([[start], ...steps]).slice(2), [
      "epoch 1/10  step 3/1,500  loss 2.500  lr 5.00e-4  48 s audio/s  ETA ?",
      "epoch 1/10  step 5/1,500  loss 2.500  lr 5.00e-4  4.8 s audio/s  ETA 5.0 s",
      "evaluating on dev  20 of 42 utterances",
    ]);
  });

  test("has each epoch's losses, error rates and a sample", () => {
    const epoch: TrainingEvent = {
      ...{ kind: "epoch", epoch: 2, epochs: 10, step: 300, trainLoss: 0.75, dev: summary, isBest: true },
      elapsedSeconds: 60,
    };
    const rates = "CER 23.81%  WER 25.00% (S 0, D 1, I 0)";
    assert.deepEqual(linesOf([[epoch]]), [
      `epoch 2/10  train loss 0.750  dev loss 0.512  ${rates}  * best so far`,
      "  reference   please enter your pin",
      "  hypothesis  please enter pin",
    ]);
    const worse = linesOf([[{ ...epoch, isBest: false }]]);
    assert.equal(worse[0], `epoch 2/10  train loss 0.750  dev loss 0.512  ${rates}`);
    const { loss: _, ...unaligned } = summary;
    const part = linesOf([[{ ...epoch, isPartial: true, isBest: false, dev: unaligned }]]);
    assert.equal(part[0], `epoch 2/10 in part  train loss 0.750  dev loss unknown  ${rates}`);
    const skipped = linesOf([[{ ...epoch, trainLoss: Number.NaN, isBest: false }]]);
    assert.equal(skipped[0], `epoch 2/10  train loss unknown  dev loss 0.512  ${rates}`);
  });

  test("says what the average of the best epochs is worth", () => {
    const averaged: TrainingEvent = { kind: "averaged", epochs: [3, 2], step: 450, dev: summary, isBest: true };
    assert.deepEqual(linesOf([[averaged]]), [
      "average of epochs 3, 2  dev loss 0.512  CER 23.81%  WER 25.00% (S 0, D 1, I 0)  * best so far",
    ]);
  });

  test("has the test's error rates", () => {
    assert.deepEqual(linesOf([[{ kind: "test", step: 1500, test: summary }]]).slice(0, 2), [
      "",
      "test, best checkpoint: CER 23.81%  WER 25.00% (S 0, D 1, I 0) of 1 utterance, 4 words",
    ]);
  });

  test("ends with what to do next", () => {
    assert.deepEqual(linesOf([[finished("epochs", { epoch: 3, wer: 0.25, cer: 0.1 })]]), [
      "",
      "Finished after 30 steps in 2 min 05 s. Saved in runs/quickstart/version_0",
      "Best epoch 3: dev WER 25.00%, CER 10.00%",
      "",
      "Next:",
      "  measure     npx deepspeech-ts evaluate runs/quickstart/version_0 sample-corpus/test 'my data'",
      "  transcribe  npx deepspeech-ts transcribe runs/quickstart/version_0 <recording>",
      "  curves      npx deepspeech-ts dashboard runs",
    ]);
  });

  test("tells how to go on after a stop", () => {
    assert.deepEqual(linesOf([[finished("stopped", null)]]), [
      "",
      "Stopped after 30 steps in 2 min 05 s. Saved in runs/quickstart/version_0",
      "",
      "Next:",
      "  resume      npx deepspeech-ts train --resume runs/quickstart/version_0",
      "  curves      npx deepspeech-ts dashboard runs",
    ]);
  });

  test("names skipped steps, and the first few files that could not be loaded", () => {
    const failures = Array.from({ length: 7 }, (_, index): [TrainingEvent] => [
      { kind: "failure", id: `1-${index}`, reason: "1.flac: cut short" },
    ]);
    const lines = linesOf([
      [stepAt(12, { skipped: true, skippedIds: ["1-8", "1-9"] })],
      ...failures,
      [finished("epochs", null)],
    ]);
    assert.deepEqual(lines.slice(0, 8), [
      "epoch 1, step 12: the loss or a gradient was not finite; the step was skipped (1-8 and 1 more; log.jsonl names them)",
      ...[0, 1, 2, 3, 4].map((index) => `1-${index}: could not be loaded and is skipped: 1.flac: cut short`),
      "7 times a recording could not be loaded; the first 5 are named above.",
      "",
    ]);
  });
});

test("on a terminal, a bar stands in for the lines of progress and makes way for others", () => {
  const terminal = Object.assign(new PassThrough(), {
    ...{ isTTY: true, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true },
  });
  const lines: string[] = [];
  const reporter = new TrainingReporter({ writeLine: (line) => lines.push(line), terminal, test: [] });
  reporter.handle(start);
  reporter.handle(stepAt(3));
  const shown = String(terminal.read());
  assert.match(
    shown,
    /epoch 1\/10 {2}░{20} {2}3\/1500 {2}loss 2\.500 {2}lr 5\.00e-4 {2}48 s audio\/s {2}ETA 3 min 20 s/,
  );
  const before = lines.length;
  reporter.handle({
    ...{ kind: "epoch", epoch: 1, epochs: 10, step: 150, trainLoss: 0.75, dev: summary, isBest: true },
    elapsedSeconds: 60,
  });
  assert.equal(lines.length, before + 3);
  reporter.handle(stepAt(4));
  assert.match(String(terminal.read()), / 4\/1500 /);
  reporter.close();
});
