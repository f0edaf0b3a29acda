/** Which checkpoints a run keeps, when it ends for want of progress, and what the average of the best is. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint, loadCheckpointHeader } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { runFacts } from "../export/describe.js";
import type { TrainConfigInput } from "./config.js";
import { rank } from "./kept-checkpoints.js";
import { checkpointPath, epochCheckpointPath, savedEpochs } from "./run-folder.js";
import { isBetter } from "./selection.js";
import { manifestIn, type RunRecord, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";
import { loadLastHeader, trainingStateOf } from "./training-state.js";

async function run(t: TestContext, overrides: TrainConfigInput): Promise<RunRecord> {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(6));
  return trainHere(tinyConfig(folder, manifest, { learningRate: 3e-3, ...overrides }));
}

/** Weights that swing about a minimum, so that their average lies nearer to it than any of them. */
const restless: TrainConfigInput = {
  ...{ optimizer: "adamw", learningRate: 0.12, emaDecay: 0 },
  ...{ schedule: { kind: "constant", warmupShare: 0 }, speedFactors: [1] },
  ...{ specAugment: { timeMasks: 0, frequencyMasks: 0 }, epochs: 12, averageBest: 4, selectBy: "loss" },
  model: { convChannels: 2, residualLayers: 1, recurrentLayers: 1, hiddenSize: 8, dropout: 0 },
};

const weightsIn = (path: string) =>
  tidy(() => {
    const { tensors } = loadCheckpoint(path);
    return new Map([...tensors].map(([name, tensor]) => [name, tensor.toNumbers()]));
  });

/** Epochs by what they were measured at, best first; equals in the order they came. */
function rankedEpochs(record: RunRecord): number[] {
  const epochs = record.all("epoch").map(({ epoch, dev: { rates, loss } }) => ({ ...rates, epoch, loss }));
  return epochs
    .sort((a, b) => (isBetter(a, b, "auto") ? -1 : isBetter(b, a, "auto") ? 1 : a.epoch - b.epoch))
    .map(({ epoch }) => epoch);
}

describe("kept checkpoints", () => {
  it("are those of the best epochs, by number, and the best of them", async (t) => {
    const record = await run(t, { epochs: 6, keepBest: 3 });
    const best = rankedEpochs(record).slice(0, 3);
    const kept = readdirSync(join(record.runFolder, "checkpoints")).filter((name) => name.endsWith(".safetensors"));
    const expected = best.map((epoch) => `epoch-00${epoch}.safetensors`);
    assert.deepEqual(kept.sort(), ["best.safetensors", ...expected.sort(), "last.safetensors"]);
    const [first = 0] = best;
    const bestWeights = weightsIn(checkpointPath(record.runFolder, "best"));
    assert.deepEqual(bestWeights, weightsIn(epochCheckpointPath(record.runFolder, first)));
    assert.equal(record.one("finished").best?.epoch, first);
  });

  it("hold an epoch once that was measured in part and then whole: as it was better", () => {
    const config = { keepBest: 2, averageBest: 0, selectBy: "cer" } as const;
    const [first, part] = [
      { epoch: 1, wer: 1, cer: 0.5 },
      { epoch: 2, wer: 1, cer: 0.4 },
    ];
    const better = { epoch: 2, wer: 1, cer: 0.3 };
    const ranked = rank([part, first], better, config);
    assert.deepEqual([ranked.kept, ranked.place], [[better, first], 0]);
    const worse = rank([part, first], { epoch: 2, wer: 1, cer: 0.45 }, config);
    assert.deepEqual([worse.kept, worse.place], [[part, first], 2]);
  });

  it("and its weights are those that were better", async (t) => {
    const folder = await temporaryFolder(t);
    const config = tinyConfig(folder, await manifestIn(folder, await shortUtterances(6)), { epochs: 1, keepBest: 2 });
    const still = { optimizer: "adamw", learningRate: 1e-9, emaDecay: 0, selectBy: "loss" } as const;
    const good = { ...config, ...still, maxMinutes: 1e-9 };
    const { runFolder } = await trainHere(good);
    const path = epochCheckpointPath(runFolder, 1);
    const weights = weightsIn(path);
    const spoilt = { ...good, maxMinutes: 10, learningRate: 1, gradientClip: 1e3, averageLast: 2, resume: runFolder };
    const more = await trainHere(spoilt);
    assert.equal(more.one("epoch").isBest, false);
    assert.equal(more.all("step").length, 2);
    assert.deepEqual(weightsIn(path), weights);
    assert.deepEqual(weightsIn(checkpointPath(runFolder, "best")), weights);
  });

  it("are averaged at the end, weight by weight, and the better one is the run's best", async (t) => {
    const record = await run(t, { epochs: 4, averageBest: 3 });
    const { epochs, isBest, dev } = record.one("averaged");
    assert.deepEqual(epochs, rankedEpochs(record).slice(0, 3));
    const parts = epochs.map((epoch) => weightsIn(epochCheckpointPath(record.runFolder, epoch)));
    const average = weightsIn(checkpointPath(record.runFolder, "averaged"));
    for (const [name, found] of average) {
      for (const [i, value] of found.entries()) {
        const mean = parts.reduce((sum, part) => sum + part.get(name)![i]!, 0) / parts.length;
        assert.ok(Math.abs(value - mean) <= 1e-7 + 1e-6 * Math.abs(mean), `${name}[${i}]: ${value}, not ${mean}`);
      }
    }
    const [bestEpoch] = rankedEpochs(record);
    const measured = record.all("epoch").find(({ epoch }) => epoch === bestEpoch)!.dev;
    assert.equal(
      isBest,
      isBetter({ ...dev.rates, loss: dev.loss }, { ...measured.rates, loss: measured.loss }, "auto"),
    );
    const best = weightsIn(checkpointPath(record.runFolder, "best"));
    assert.deepEqual(best, isBest ? average : weightsIn(epochCheckpointPath(record.runFolder, bestEpoch!)));
  });

  it("the last epochs are averaged too, and kept for it as long as they are the last", async (t) => {
    const record = await run(t, { epochs: 5, keepBest: 1, averageLast: 3, selectBy: "loss" });
    assert.deepEqual(record.one("averaged").epochs, [5, 4, 3]);
    const kept = readdirSync(join(record.runFolder, "checkpoints")).filter((name) =>
      /^epoch-.*safetensors$/.test(name),
    );
    assert.deepEqual(kept.sort(), ["epoch-003.safetensors", "epoch-004.safetensors", "epoch-005.safetensors"]);
    const parts = [3, 4, 5].map((epoch) => weightsIn(epochCheckpointPath(record.runFolder, epoch)));
    for (const [name, found] of weightsIn(checkpointPath(record.runFolder, "averaged"))) {
      for (const [i, value] of found.entries()) {
        const mean = parts.reduce((sum, part) => sum + part.get(name)![i]!, 0) / 3;
        assert.ok(Math.abs(value - mean) <= 1e-7 + 1e-6 * Math.abs(mean), `${name}[${i}]: ${value}, not ${mean}`);
      }
    }
  });

  it("go when a resumed run needs fewer", async (t) => {
    const folder = await temporaryFolder(t);
    const manifest = await manifestIn(folder, await shortUtterances(4));
    const config = tinyConfig(folder, manifest, { epochs: 4, averageLast: 4, selectBy: "loss" });
    const { runFolder } = await trainHere(config);
    assert.deepEqual(savedEpochs(runFolder).sort(), [1, 2, 3, 4]);
    await trainHere({ ...config, epochs: 5, averageLast: 2, resume: runFolder });
    assert.deepEqual(savedEpochs(runFolder).sort(), [4, 5]);
    assert.deepEqual(
      readdirSync(join(runFolder, "checkpoints")).filter((name) => name.startsWith("epoch-") && name.endsWith(".json")),
      ["epoch-004.json", "epoch-005.json"],
    );
    await trainHere({ ...config, epochs: 6, averageLast: 0, resume: runFolder });
    assert.deepEqual(savedEpochs(runFolder), []);
  });

  it("the best and the last may be averaged both, and the better average wins", async (t) => {
    const record = await run(t, { ...restless, averageBest: 3, averageLast: 6 });
    const [best, last] = record.all("averaged");
    assert.deepEqual(last!.epochs, [12, 11, 10, 9, 8, 7]);
    assert.equal(best!.epochs.length, 3);
    const kept = readdirSync(join(record.runFolder, "checkpoints")).filter((name) =>
      /^epoch-.*safetensors$/.test(name),
    );
    assert.equal(kept.length, new Set([...best!.epochs, ...last!.epochs]).size);
    const winner = last!.isBest ? last : best;
    assert.ok(winner!.isBest, "an average is better than each epoch");
    assert.ok(winner!.dev.loss! <= Math.min(best!.dev.loss!, last!.dev.loss!));
    assert.deepEqual(record.one("finished").best?.averagedEpochs, winner!.epochs);
  });

  it("the average is the best beyond the run's end, until an epoch or another average is better", async (t) => {
    const folder = await temporaryFolder(t);
    const manifest = await manifestIn(folder, await shortUtterances(6));
    const config = tinyConfig(folder, manifest, restless);
    const first = await trainHere(config);
    const [averaged] = first.all("averaged");
    assert.ok(averaged?.isBest, "the average is better than each epoch");
    assert.deepEqual(first.one("finished").best?.averagedEpochs, averaged.epochs);
    const { training } = loadCheckpointHeader(checkpointPath(first.runFolder, "best")).header;
    const { wer, cer } = averaged.dev.rates;
    assert.deepEqual(runFacts(training).dev, { wer, cer });
    const best = weightsIn(checkpointPath(first.runFolder, "best"));
    const last = weightsIn(checkpointPath(first.runFolder, "last"));

    const again = await trainHere({ ...config, resume: first.runFolder });
    assert.deepEqual(again.one("averaged"), averaged, "what is measured again is told again");
    assert.deepEqual(weightsIn(checkpointPath(first.runFolder, "last")), last);

    const more = await trainHere({ ...config, epochs: 13, learningRate: 1, averageBest: 0, resume: first.runFolder });
    assert.equal(more.one("epoch").isBest, false);
    assert.deepEqual(weightsIn(checkpointPath(first.runFolder, "best")), best);
    assert.deepEqual(more.one("finished").best, first.one("finished").best);
  });

  it("what is best by loss is kept by loss", async (t) => {
    const record = await run(t, { epochs: 5, keepBest: 2, selectBy: "loss" });
    const byLoss = record.all("epoch").toSorted((a, b) => a.dev.loss! - b.dev.loss!);
    const { kept } = trainingStateOf(loadLastHeader(record.runFolder)).progress;
    assert.deepEqual(
      kept.map(({ epoch }) => epoch),
      byLoss.slice(0, 2).map(({ epoch }) => epoch),
    );
  });
});

describe("patience and reduce-on-plateau", () => {
  const still = { learningRate: 1e-9, schedule: { warmupShare: 0 } } as const;
  const halving = { kind: "reduce-on-plateau", warmupShare: 0, plateauPatience: 0, plateauFactor: 0.5 } as const;

  it("wait for as long as a model answers nothing but blanks", async (t) => {
    const record = await run(t, { epochs: 6, learningRate: 1e-6, patience: 1, blankBias: 20, schedule: halving });
    assert.equal(record.one("finished").reason, "epochs");
    assert.ok(record.all("epoch").every(({ dev }) => dev.rates.cer === 1));
    assert.deepEqual(new Set(record.all("step").map(({ learningRate }) => learningRate)), new Set([1e-6]));
  });

  /** A run whose transcripts are what its model says from the first, at a rate too small to change that. */
  async function runOfSpoken(t: TestContext, overrides: TrainConfigInput): Promise<RunRecord> {
    const folder = await temporaryFolder(t);
    const utterances = await shortUtterances(5);
    const silenced = { ...still, blankBias: -20, speedFactors: [1] };
    const heard = await trainHere(tinyConfig(folder, await manifestIn(folder, utterances), { ...silenced, epochs: 1 }));
    const { samples } = heard.one("epoch").dev;
    const said = utterances.map((utterance) => {
      const { hypothesis = "" } = samples.find(({ id }) => id === utterance.id) ?? {};
      return { ...utterance, text: hypothesis };
    });
    return trainHere(tinyConfig(folder, await manifestIn(folder, said, "said"), { ...silenced, ...overrides }));
  }

  it("the run ends where dev has not improved for as many epochs as patience has", async (t) => {
    const record = await runOfSpoken(t, { epochs: 20, patience: 3 });
    assert.equal(record.one("finished").reason, "patience");
    assert.deepEqual([record.all("epoch").length, record.one("finished").best?.epoch], [4, 1]);
  });

  it("the reduced rate of a plateau is what the next epochs train with", async (t) => {
    const record = await runOfSpoken(t, { epochs: 4, learningRate: 1e-6, schedule: halving });
    const rates = new Map(record.all("step").map(({ epoch, learningRate }) => [epoch, learningRate]));
    assert.deepEqual([...rates.values()], [1e-6, 1e-6, 5e-7, 2.5e-7]);
  });
});
