/** Runs from beginning to end: what they leave on the disk, what they tell, and the ways in which they end. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { runtimeInfo, tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint } from "../acoustic-model/index.js";
import { audioFixture, temporaryFolder } from "../data/fixtures.test.support.js";
import { runEvaluation } from "../evaluation/run-evaluation.js";
import type { TrainConfig, TrainConfigInput } from "./config.js";
import type { TrainingEvent } from "./events.js";
import { checkpointPath } from "./run-folder.js";
import {
  loggedValues,
  manifestIn,
  RunRecord,
  rawManifestIn,
  shortUtterances,
  tinyConfig,
  trainHere,
  trainInWorker,
  wordsLast,
} from "./training.test.support.js";
import { readRunConfig } from "./training-state.js";

async function setUp(t: TestContext, overrides: TrainConfigInput = {}): Promise<TrainConfig> {
  const folder = await temporaryFolder(t);
  return tinyConfig(folder, await manifestIn(folder, await shortUtterances(6)), overrides);
}

/** The first step throws the weights beyond all measure. */
const explosive: TrainConfigInput = { learningRate: 1e30, schedule: { kind: "constant", warmupShare: 0 } };

/** A logged curve as [step, value]. */
function curve(runFolder: string, tag: string): [step: number, value: number][] {
  return loggedValues(runFolder).flatMap((logged) =>
    logged.tag === tag && logged.kind === "scalar" ? [[logged.step, logged.value] as [number, number]] : [],
  );
}

function progressIn(runFolder: string): { epoch: number; batch: number; step: number } {
  return tidy(() => {
    const { header } = loadCheckpoint(checkpointPath(runFolder, "last"));
    return (header.training as { progress: { epoch: number; batch: number; step: number } }).progress;
  });
}

describe("a run's folder", () => {
  it("counts up, and holds configuration, checkpoints and events", async (t) => {
    const config = await setUp(t, { epochs: 1 });
    const folders = [await trainHere(config), await trainHere(config)].map((run) => run.runFolder);
    const experiment = join(config.runs, "tiny");
    assert.deepEqual(folders, [join(experiment, "version_0"), join(experiment, "version_1")]);
    const [first = ""] = folders;
    const names = readdirSync(first).map((name) => name.replace(/(tfevents).*/, "$1"));
    assert.deepEqual(names.sort(), [
      "checkpoints",
      "config.json",
      "epochs.csv",
      "events.out.tfevents",
      "log.jsonl",
      "steps.csv",
    ]);
    assert.deepEqual(readdirSync(join(first, "checkpoints")).sort(), [
      "best.json",
      "best.safetensors",
      "last.json",
      "last.safetensors",
    ]);
    const chosen = { ...config, maxBatchSeconds: 16 };
    assert.deepEqual(JSON.parse(readFileSync(join(first, "config.json"), "utf8")), chosen);
    assert.deepEqual(readRunConfig(first), chosen);
  });

  it("goes on after the highest version, whatever else is there", async (t) => {
    const config = await setUp(t, { epochs: 1 });
    await trainHere(config);
    for (const name of ["version_9", "version_x", "notes"]) mkdirSync(join(config.runs, "tiny", name));
    assert.match((await trainHere(config)).runFolder, /version_10$/);
  });

  it("that cannot be made is named", async (t) => {
    const config = await setUp(t);
    writeFileSync(config.runs, "a file");
    const start = `${join(config.runs, "tiny")}: the folder cannot be made (`;
    await assert.rejects(trainInWorker(config), (error: Error) => {
      assert.equal(error.name, "UserError");
      assert.ok(error.message.startsWith(start), error.message);
      assert.equal(error.message.split("; choose another.").length, 2, error.message);
      return true;
    });
  });
});

describe("a run's curves", () => {
  it("have the reference's tags, a point for each step or epoch, and the values that were told", async (t) => {
    const config = await setUp(t, { epochs: 3, learningRate: 1e-3 });
    const run = await trainInWorker({ ...config, test: config.dev });
    const steps = run.all("step");
    assert.equal(steps.length, 9);
    const asFloat = (values: number[][]) => values.map(([step, value]) => [step, Math.fround(value!)]);
    for (const [tag, key] of [
      ["Loss/train", "loss"],
      ["learning_rate", "learningRate"],
    ] as const) {
      assert.deepEqual(curve(run.runFolder, tag), asFloat(steps.map((event) => [event.step, event[key]])));
    }
    const epochs = run.all("epoch");
    const evaluations: [tag: string, rateOf: (event: (typeof epochs)[number]) => number][] = [
      ["Loss/val", ({ dev }) => dev.loss!],
      ["val_acc", ({ dev }) => Math.max(0, 1 - dev.rates.cer)],
      ["Metrics/wer", ({ dev }) => dev.rates.wer],
      ["Metrics/cer", ({ dev }) => dev.rates.cer],
    ];
    for (const [tag, rateOf] of evaluations) {
      assert.deepEqual(curve(run.runFolder, tag), asFloat(epochs.map((event) => [3 * event.epoch, rateOf(event)])));
    }
    const { test } = run.one("test");
    assert.deepEqual(curve(run.runFolder, "Test/wer"), asFloat([[9, test.rates.wer]]));
    const texts = loggedValues(run.runFolder).filter(({ tag }) => tag === "samples");
    assert.deepEqual(
      texts.map(({ step }) => step),
      [3, 6, 9],
    );
  });

  it("stay finite, and the learning rate rises and falls", async (t) => {
    const run = await trainHere(await setUp(t, { epochs: 5, learningRate: 1e-3, schedule: { warmupShare: 0.2 } }));
    const rates = curve(run.runFolder, "learning_rate").map(([, rate]) => rate);
    assert.equal(rates[0], 0);
    assert.equal(rates.indexOf(Math.max(...rates)), 3);
    assert.ok(rates.at(-1)! < 1e-4);
    const norms = curve(run.runFolder, "gradient_norm").map(([, norm]) => norm);
    assert.ok(norms.every((norm) => Number.isFinite(norm) && norm > 0));
  });
});

describe("the losses of training and of dev", () => {
  it("are the same average: alike where the weights stand still and nothing is augmented", async (t) => {
    const still = { learningRate: 1e-30, weightDecay: 0, emaDecay: 0, speedFactors: [1], epochs: 1 };
    const plain = { specAugment: { timeMasks: 0, frequencyMasks: 0 }, maxBatchUtterances: 4 };
    const losses = new Set<string>();
    for (const lossAverage of ["tokens", "utterances"] as const) {
      const config = await setUp(t, { ...still, ...plain, lossAverage });
      const run = await trainHere({ ...config, model: { ...config.model, dropout: 0 } });
      const { trainLoss, dev } = run.one("epoch");
      assert.ok(Math.abs(trainLoss - dev.loss!) < 1e-5 * dev.loss!, `${lossAverage}: ${trainLoss} and ${dev.loss}`);
      const measured = await runEvaluation({ checkpoint: run.runFolder, data: config.dev, threads: 1, workers: 1 });
      assert.ok(Math.abs(measured.loss! - dev.loss!) < 1e-5 * dev.loss!, "evaluate measures the same");
      losses.add(dev.loss!.toFixed(3));
    }
    assert.equal(losses.size, 2, "the two averages differ");
  });
});

describe("the best checkpoint", () => {
  it("is the epoch with the lowest dev error rate, and the one that is tested", async (t) => {
    const config = await setUp(t, { epochs: 4, learningRate: 3e-3 });
    const run = await trainHere({ ...config, test: config.dev });
    const keys = run.all("epoch").map(({ dev }) => [dev.rates.wer, dev.rates.cer] as const);
    const lowest = [...keys].sort((a, b) => Math.min(1, a[0]) - Math.min(1, b[0]) || a[1] - b[1])[0]!;
    const { best } = run.one("finished");
    assert.deepEqual([best?.wer, best?.cer], lowest);
    const bestEpoch = run.all("epoch").find(({ epoch }) => epoch === best?.epoch)!;
    assert.equal(bestEpoch.isBest, true);
    assert.deepEqual(run.one("test").test, bestEpoch.dev);
    const measured = await runEvaluation({ checkpoint: run.runFolder, data: config.dev, threads: 1, workers: 1 });
    assert.deepEqual(measured.rates, bestEpoch.dev.rates);
  });

  it("is that of the lowest loss while every answer is blank", async (t) => {
    // With such a bias every answer is, and every epoch's error rates are 1.
    const config = await setUp(t, { epochs: 3, blankBias: 20 });
    const run = await trainHere({ ...config, test: config.dev });
    const epochs = run.all("epoch");
    assert.deepEqual(new Set(epochs.map(({ dev }) => dev.rates.wer)), new Set([1]));
    const [lowest] = epochs.toSorted((a, b) => a.dev.loss! - b.dev.loss!);
    assert.equal(run.one("finished").best?.epoch, lowest?.epoch);
    assert.deepEqual(run.one("test").test, lowest?.dev);
  });
});

describe("another sample rate", () => {
  it("is that of training and of measuring alike", async (t) => {
    const features = { sampleRate: 8000, fftSamples: 200, hopSamples: 100, numMels: 16 };
    const run = await trainHere(await setUp(t, { epochs: 1, features, blankBias: -5 }));
    const { dev } = run.one("epoch");
    const { rates, loss } = await runEvaluation({
      checkpoint: run.runFolder,
      data: readRunConfig(run.runFolder).dev,
      threads: 1,
      workers: 1,
    });
    assert.deepEqual(rates, dev.rates);
    assert.ok(Math.abs(loss! - dev.loss!) < 1e-5 * dev.loss!, `losses ${loss} and ${dev.loss}`);
  });
});

describe("saveMinutes", () => {
  it("saves within an epoch, so that a crash costs little", async (t) => {
    const config = await setUp(t, { epochs: 1, saveMinutes: 1e-6 });
    const saved: number[] = [];
    const runFolder = join(config.runs, config.experiment, "version_0");
    const recordSaved = (event: TrainingEvent) => {
      if (event.kind === "step" && event.step > 1) saved.push(progressIn(runFolder).step);
      return false;
    };
    await trainHere(config, { stopWhen: recordSaved });
    assert.deepEqual(saved, [1, 2]);
  });
});

describe("a run ends", () => {
  it("when it is told to, saves, and says so", async (t) => {
    const config = await setUp(t, { epochs: 1000 });
    const run = await trainInWorker(config, { stopWhen: (event) => event.kind === "step" && event.step === 4 });
    const finished = run.one("finished");
    assert.equal(finished.reason, "stopped");
    assert.ok(finished.steps >= 4 && finished.steps < 100, `after ${finished.steps} steps`);
    assert.equal(progressIn(run.runFolder).step, finished.steps);
  });

  it("when it is told to before it began", async (t) => {
    const run = await trainInWorker(await setUp(t), { stopWhen: (event) => event.kind === "data" });
    assert.equal(run.one("finished").reason, "stopped");
    assert.ok(existsSync(checkpointPath(run.runFolder, "last")));
  });

  it("when it is told to while it measures, and measures again when resumed", async (t) => {
    const config = await setUp(t, { epochs: 2, maxBatchSeconds: 2 });
    const stopped = await trainHere(config, { stopWhen: (event) => event.kind === "evaluating" });
    assert.deepEqual(stopped.all("epoch"), []);
    assert.equal(stopped.all("evaluating").length, 1, "the rest is not measured");
    const { epoch, step } = progressIn(stopped.runFolder);
    assert.deepEqual([epoch, step], [0, stopped.all("step").length]);
    const resumed = await trainHere({ ...config, resume: stopped.runFolder });
    const epochsOf = (run: RunRecord) => run.all("epoch").map(({ dev, trainLoss }) => ({ dev, trainLoss }));
    assert.deepEqual(epochsOf(resumed), epochsOf(await trainHere(config)));
  });

  it("when it is told to while it measures, though there is nothing to judge by yet", async (t) => {
    const config = await setUp(t, { epochs: 2 });
    const corpora = { wordless: wordsLast(), missing: wordsLast({ audio_filepath: "none.flac", text: "hello" }) };
    for (const [name, lines] of Object.entries(corpora)) {
      const dev = [rawManifestIn(await temporaryFolder(t), name, lines)];
      const stopped = await trainHere({ ...config, dev }, { stopWhen: (event) => event.kind === "evaluating" });
      assert.equal(stopped.one("finished").reason, "stopped", name);
      assert.deepEqual([stopped.all("evaluating").length, stopped.all("epoch").length], [1, 0], name);
    }
  });

  it("when it is told to while it tests, and the last checkpoint stays the last", async (t) => {
    const config = await setUp(t, { epochs: 3, learningRate: 3e-3 });
    const weights = (folder: string) =>
      tidy(() => loadCheckpoint(checkpointPath(folder, "last")).tensors.get("model.cnn.weight")!.toNumbers());
    const whole = await trainHere(config);
    const inTest = { stopWhen: (event: { kind: string; corpus?: string }) => event.corpus === "test" };
    const stopped = await trainHere({ ...config, test: config.dev }, inTest);
    assert.equal(stopped.one("finished").reason, "stopped");
    assert.deepEqual(stopped.all("test"), []);
    assert.deepEqual(weights(stopped.runFolder), weights(whole.runFolder));
  });

  it("when its time is up, with a whole evaluation", async (t) => {
    const run = await trainInWorker(await setUp(t, { epochs: 100_000, maxMinutes: 0.02 }));
    const finished = run.one("finished");
    assert.equal(finished.reason, "time");
    assert.ok(run.all("epoch").length >= 1);
    assert.equal(finished.steps, run.all("step").length);
    assert.ok(finished.elapsedSeconds >= 1.2);
    const rates = run.all("step").map(({ learningRate }) => learningRate);
    assert.ok(rates.at(-1)! <= Math.max(...rates), "the schedule is fitted to the time");
  });

  it("when its time is up before it began, measured all the same", async (t) => {
    const run = await trainHere(await setUp(t, { maxMinutes: 1e-9 }));
    assert.equal(run.one("finished").reason, "time");
    assert.equal(run.all("step").length, 1);
    assert.notEqual(run.one("finished").best, null);
  });

  it("before any work, where the device is not there", { skip: runtimeInfo().cudaAvailable }, async (t) => {
    await assert.rejects(trainHere(await setUp(t, { device: "cuda" })), {
      message: 'device cuda: this libtorch finds no CUDA; use cpu, or see what "deepspeech doctor" says.',
    });
  });

  it("when it diverges: bad steps are skipped, and 20 in a row are too many", async (t) => {
    const folder = await temporaryFolder(t);
    const manifest = await manifestIn(folder, await shortUtterances(24));
    const record = new RunRecord();
    await assert.rejects(trainHere(tinyConfig(folder, manifest, { ...explosive, maxBatchUtterances: 1 }), { record }), {
      name: "UserError",
      code: "diverged",
      message:
        /^the loss was not finite in 20 steps in a row \(the last with [\w-]+\); lower learningRate or gradientClip, and check the audio\.$/,
    });
    const skipped = record.all("step").map((event) => event.skipped);
    assert.deepEqual(skipped, [false, ...Array(20).fill(true)], "the first step was sound");
  });

  it("when it has diverged by the time that it is measured", async (t) => {
    await assert.rejects(trainInWorker(await setUp(t, explosive)), {
      name: "UserError",
      code: "diverged",
      message:
        "the model's answers are not finite numbers, for its training has diverged; train with a lower learningRate or gradientClip.",
    });
  });
});

describe("options of a run", () => {
  it("noise and rooms change what is trained on, alike in every run of a seed, and not what is measured", async (t) => {
    const augmentation = {
      noise: [audioFixture("speech-16k.wav")],
      noiseProbability: 1,
      noiseSnrDb: [0, 5] as [number, number],
    };
    const still = { learningRate: 1e-30, weightDecay: 0, speedFactors: [1], epochs: 1 };
    const [clean, noisy, again] = [
      await trainHere(await setUp(t, still)),
      await trainHere(await setUp(t, { ...still, augmentation })),
      await trainHere(await setUp(t, { ...still, augmentation, workers: 2 })),
    ];
    const losses = (run: RunRecord) => run.all("step").map(({ loss }) => loss);
    assert.ok(losses(clean).every((loss, i) => loss !== losses(noisy)[i]));
    assert.deepEqual(losses(again), losses(noisy));
    assert.equal(noisy.one("epoch").dev.loss, clean.one("epoch").dev.loss);
  });

  it("a noise file that is not there is named before training", async (t) => {
    const config = await setUp(t, { augmentation: { noise: ["no-such-noise"] } });
    await assert.rejects(trainHere(config), { name: "UserError", message: /^no-such-noise: / });
    assert.equal(existsSync(config.runs), false);
  });

  it("fp16 is for cards", async (t) => {
    await assert.rejects(trainInWorker(await setUp(t, { precision: "fp16" })), {
      name: "UserError",
      message: "precision fp16 needs device cuda; use bf16 or fp32 on the processor.",
    });
  });

  it("the plan is told with its padding and its largest batch", async (t) => {
    const run = await trainHere(await setUp(t, { epochs: 1 }));
    const { numBatches, paddingWaste, largest } = run.one("plan");
    assert.equal(numBatches, run.all("step").length);
    assert.ok(paddingWaste >= 0 && paddingWaste < 0.5, String(paddingWaste));
    assert.ok(largest.utterances >= 1 && largest.seconds > 0.6);
  });

  it("so many batches make a step, and an epoch's last step takes what is left", async (t) => {
    const config = await setUp(t, { epochs: 1, maxBatchUtterances: 1 });
    const single = (await trainHere(config)).all("step").length;
    assert.equal((await trainHere({ ...config, accumulateBatches: 2 })).all("step").length, Math.ceil(single / 2));
  });
});

describe("resuming", () => {
  it("names a run that has nothing to go on from", async (t) => {
    const config = await setUp(t);
    const none = join(config.runs, "none");
    await assert.rejects(trainInWorker({ ...config, resume: none }), {
      name: "UserError",
      message: `${none}: no such run; check the path.`,
    });
  });

  it("refuses a checkpoint of another architecture", async (t) => {
    const config = await setUp(t, { epochs: 1 });
    const run = await trainHere(config);
    const wider = { ...config, model: { ...config.model, hiddenSize: 9 }, resume: run.runFolder };
    await assert.rejects(trainInWorker(wider), {
      name: "UserError",
      message: "model.hiddenSize was 8 and is now 9, but the run's weights fit no other; start a new run.",
    });
  });

  it("goes on past the epochs that the run was started with", async (t) => {
    const config = await setUp(t, { epochs: 1 });
    const run = await trainHere(config);
    const more = await trainHere({ ...config, epochs: 2, resume: run.runFolder });
    assert.deepEqual(
      more.all("epoch").map(({ epoch }) => epoch),
      [2],
    );
    const steps = curve(run.runFolder, "Loss/train").map(([step]) => step);
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6]);
  });
});
