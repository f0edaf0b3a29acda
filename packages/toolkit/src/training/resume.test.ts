/** A run that was stopped and resumed is the run that never stopped, to the bit. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Bf16Work, bf16Ways, takeBf16Way, tidy } from "@deepspeech-ts/torch";
import { loadTrainingState, saveCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { settleWays } from "./bf16-ways.js";
import type { TrainConfigInput } from "./config.js";
import { readRunLog } from "./logging/read-log.js";
import { checkpointPath, createRunFolder } from "./run-folder.js";
import { scheduleSchema } from "./schedule-config.js";
import { Team } from "./team/team.js";
import {
  manifestIn,
  type RunRecord,
  shortUtterances,
  tinyConfig,
  trainHere,
  trainInWorker,
} from "./training.test.support.js";
import { loadLastHeader, readRunConfig, trainingStateOf } from "./training-state.js";

/** Everything random is on: order, speeds, tracts, masks from the second epoch on, heads and dropout. Five steps an epoch. */
const lively: TrainConfigInput = {
  epochs: 3,
  maxBatchUtterances: 2,
  learningRate: 1e-3,
  speedFactors: [0.9, 1, 1.1],
  tempoFactors: [0.9, 1],
  augmentation: { vocalTract: [0.9, 1.1], madeUpNoise: ["pink", "babble"], roomSeconds: [0.1, 0.4] },
  specAugment: { timeMasks: 2, frequencyMasks: 2, startEpoch: 2 },
  objective: { intermediateLayers: [1], phoneLayer: 1, consistencyWeight: 0.2, labelSmoothing: 0.05 },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8, dropout: 0.2 },
};

async function setUp(t: TestContext): Promise<ReturnType<typeof tinyConfig>> {
  const folder = await temporaryFolder(t);
  return tinyConfig(folder, await manifestIn(folder, await shortUtterances(9)), lively);
}

/** Weights and optimiser of the last checkpoint, and the progress it records. */
function endOf(runFolder: string) {
  return tidy(() => {
    const { tensors, header } = loadTrainingState(checkpointPath(runFolder, "last"));
    const { progress } = header.training as { progress: Record<string, unknown> };
    const values = [...tensors].map(([name, tensor]) => [
      name,
      Buffer.from(tensor.toTypedArray().buffer).toString("base64"),
    ]);
    return { values: Object.fromEntries(values), progress: { ...progress, elapsedSeconds: 0 } };
  });
}

const lossesOf = (...runs: RunRecord[]) =>
  runs.flatMap((run) =>
    run.all("step").map(({ epoch, step, loss, learningRate }) => ({ epoch, step, loss, learningRate })),
  );

describe("a resumed run", () => {
  it("takes the same steps to the same weights, wherever it was stopped", async (t) => {
    const config = await setUp(t);
    const whole = await trainHere(config);
    assert.equal(whole.one("finished").steps, 15);
    const expected = endOf(whole.runFolder);
    assert.ok(Object.keys(expected.values).some((name) => name.startsWith("optimizer.")));
    // In the first epoch, on an epoch's last step, in the middle of the last epoch.
    for (const stop of [2, 5, 13]) {
      const first = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === stop });
      assert.deepEqual([first.one("finished").reason, first.one("finished").steps], ["stopped", stop]);
      const second = await trainHere({ ...config, resume: first.runFolder });
      assert.equal(second.one("start").firstStep, stop);
      assert.equal(second.runFolder, first.runFolder);
      assert.deepEqual(lossesOf(first, second), lossesOf(whole));
      assert.deepEqual(endOf(first.runFolder), expected);
    }
  });

  it("may be stopped at any moment, by a signal, more than once", async (t) => {
    const config = await setUp(t);
    const expected = endOf((await trainInWorker(config)).runFolder);
    let steps = 0;
    const afterThree = () => {
      steps = 0;
      return { stopWhen: (event: { kind: string }) => event.kind === "step" && ++steps === 3 };
    };
    const first = await trainInWorker(config, afterThree());
    const resumed = { ...config, resume: first.runFolder };
    let last = first;
    for (let session = 1; last.one("finished").reason === "stopped"; session++) {
      assert.ok(session < 10, "every session takes at least one step");
      last = await trainInWorker(resumed, afterThree());
    }
    assert.equal(last.one("finished").steps, 15);
    assert.deepEqual(endOf(first.runFolder), expected);
  });

  it("adds up gradients of several batches, in bf16, as it would have", async (t) => {
    const config = { ...(await setUp(t)), accumulateBatches: 2, precision: "bf16" } as const;
    const whole = await trainHere(config);
    assert.equal(whole.one("finished").steps, 9);
    for (const stop of [4, 6]) {
      const first = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === stop });
      const second = await trainHere({ ...config, resume: first.runFolder });
      assert.deepEqual(lossesOf(first, second), lossesOf(whole));
      assert.deepEqual(endOf(first.runFolder), endOf(whole.runFolder));
    }
  });

  it("goes on by the optimiser that it had before there was a choice, and without phones", async (t) => {
    const config = { ...(await setUp(t)), optimizer: "adamw" } as const;
    const whole = await trainHere(config);
    const stopped = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === 7 });
    const path = checkpointPath(stopped.runFolder, "last");
    tidy(() => {
      const { header, tensors } = loadTrainingState(path);
      const { config: own, optimizerSteps, ...training } = header.training as Record<string, object>;
      const { optimizer, phones, ...before } = own as Record<string, unknown>;
      assert.deepEqual([optimizer, phones], ["adamw", false]);
      assert.deepEqual(new Set(Object.values(optimizerSteps!)), new Set([7]));
      saveCheckpoint(path, { ...header, training: { ...training, config: before, optimizerSteps: 7 } }, tensors);
    });
    const earlier = readRunConfig(stopped.runFolder);
    assert.equal(earlier.optimizer, "adamw");
    await trainHere({ ...earlier, resume: stopped.runFolder });
    assert.deepEqual(endOf(stopped.runFolder), endOf(whole.runFolder));
    await assert.rejects(trainHere({ ...config, optimizer: "muon", resume: stopped.runFolder, epochs: 4 }), {
      message: /^optimizer was "adamw" and is now "muon", but that is for the beginning of a run/,
    });
  });

  it("whose phone head is of another release is told what to do, and goes on without it", async (t) => {
    const config = { ...(await setUp(t)), epochs: 1 };
    const { runFolder } = await trainHere(config);
    const path = checkpointPath(runFolder, "last");
    tidy(() => {
      const { header, tensors } = loadTrainingState(path);
      const rows = tensors.get("heads.phones.1.weight")!;
      assert.equal(rows.shape[0], 41);
      tensors.set("heads.phones.1.weight", rows.narrow(0, 0, 40).contiguous());
      saveCheckpoint(path, header, tensors);
    });
    const more = { ...config, epochs: 2, resume: runFolder };
    await assert.rejects(trainHere(more), {
      name: "UserError",
      message:
        `${path}: the head for phones is of an earlier release, which had no space between words; resume with ` +
        "--objective.phone-layer 0, or start a new run from it with --init-from.",
    });
    const without = await trainHere({ ...more, objective: { ...more.objective, phoneLayer: 0 } });
    assert.equal(without.one("finished").reason, "epochs");
  });

  it("multiplies bfloat16 as it did before, whatever is quickest now, and says so where it cannot", async (t) => {
    const config = { ...(await setUp(t)), epochs: 1, precision: "bf16" } as const;
    const quickest = bf16Ways();
    t.after(() => {
      for (const work of Object.keys(quickest) as Bf16Work[]) takeBf16Way(work, quickest[work][0]!.way);
    });
    const whole = await trainHere(config);
    const first = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === 2 });
    const { runFolder } = first;
    // As another process might have measured it.
    const [, other] = quickest.products;
    if (other) assert.ok(takeBf16Way("products", other.way));
    const second = await trainHere({ ...config, resume: runFolder });
    assert.ok(second.all("warning").every(({ message }) => !message.includes("bfloat16")));
    assert.deepEqual(lossesOf(first, second), lossesOf(whole));
    assert.deepEqual(endOf(runFolder), endOf(whole.runFolder));

    const asBefore = trainingStateOf(loadLastHeader(runFolder)).bf16Ways!;
    assert.deepEqual(asBefore.products, quickest.products[0]?.way);
    const { warnings, ways } = settleWays(config, { ...asBefore, convolutions: "abacus" }, Team.alone);
    assert.match(
      warnings.join(),
      /^this processor cannot multiply bfloat16 \(convolutions\) as the run did before, by abacus/,
    );
    assert.deepEqual(ways, asBefore);
    assert.equal(settleWays({ ...config, precision: "fp32" }, undefined, Team.alone).ways, undefined);
  });

  it("goes on within the epoch in which its time was up, and ends as the run that had time enough", async (t) => {
    const schedule = { kind: "reduce-on-plateau", warmupShare: 0, plateauPatience: 0 } as const;
    const config = { ...(await setUp(t)), schedule: scheduleSchema.parse(schedule), keepBest: 2 };
    const whole = await trainHere(config);
    const first = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === 7 });
    const { runFolder } = first;
    const resumed = { ...config, resume: runFolder };
    const second = await trainHere({ ...resumed, maxMinutes: 1e-9 });
    assert.equal(second.one("finished").reason, "time");
    const { isPartial, ...part } = second.one("epoch");
    assert.deepEqual([isPartial, part.epoch, part.step], [true, 2, 8]);
    // Without more time there is nothing to do, and nothing told is lost.
    assert.deepEqual((await trainHere({ ...resumed, maxMinutes: 1e-9 })).all("step"), []);
    const epochsOf = async () => (await readRunLog(runFolder)).filter((event) => event.kind === "epoch");
    assert.deepEqual(
      (await epochsOf()).map(({ step }) => step),
      [5, 8],
    );
    const third = await trainHere(resumed);
    assert.deepEqual(lossesOf(first, second, third), lossesOf(whole));
    assert.deepEqual(
      (await epochsOf()).map(({ step }) => step),
      [5, 8, 10, 15],
    );
    const [end, expected] = [endOf(runFolder), endOf(whole.runFolder)];
    assert.deepEqual(end.values, expected.values);
    // What was kept may be that part of an epoch; all else is as if time had never been up.
    assert.deepEqual({ ...end.progress, kept: [] }, { ...expected.progress, kept: [] });
    assert.equal(third.all("epoch")[0]?.trainLoss, whole.all("epoch")[1]?.trainLoss);
  });

  it("keeps the plan of an epoch that it stopped within", async (t) => {
    const config = await setUp(t);
    const stopped = await trainHere(config, { stopWhen: (event) => event.kind === "step" && event.step === 2 });
    await assert.rejects(trainHere({ ...config, resume: stopped.runFolder, maxBatchUtterances: 7 }), {
      message: `maxBatchUtterances was ${config.maxBatchUtterances} and is now 7, but the run stopped within an epoch; resume it unchanged to the epoch's end first.`,
    });
  });

  it("says of what is no run with a checkpoint what it is", async (t) => {
    const folder = await temporaryFolder(t);
    assert.throws(() => readRunConfig(folder), {
      message: `${folder}: is no run's folder, or one that ended before it began; start a new run.`,
    });
    const none = `${folder}/none`;
    assert.throws(() => readRunConfig(none), { message: `${none}: no such run; check the path.` });
    const { runFolder } = await trainHere({ ...(await setUp(t)), epochs: 1 });
    const best = checkpointPath(runFolder, "best");
    assert.throws(() => readRunConfig(best), { message: `${best}: resume takes a run's folder, not a file.` });
  });

  it("that was killed before its first checkpoint begins at its beginning", async (t) => {
    const config = await setUp(t);
    const whole = await trainHere(config);
    const runFolder = createRunFolder(config);
    assert.deepEqual(readRunConfig(runFolder), config);
    const resumed = await trainHere({ ...config, resume: runFolder });
    assert.equal(resumed.runFolder, runFolder);
    assert.deepEqual(endOf(runFolder), endOf(whole.runFolder));
  });

  it("another seed makes another run", async (t) => {
    const config = await setUp(t);
    const short = { ...config, epochs: 1 };
    const [one, two] = [await trainHere(short), await trainHere({ ...short, seed: 2 })];
    assert.notDeepEqual(lossesOf(one), lossesOf(two));
  });
});
