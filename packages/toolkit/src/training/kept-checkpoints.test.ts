/** Which checkpoints a run keeps, when it ends for want of progress, and what the average of the best is. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { TrainConfigInput } from "./config.js";
import { isBetter } from "./kept-checkpoints.js";
import { checkpointPath, epochCheckpointPath } from "./run-folder.js";
import { manifestIn, type RunRecord, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";

async function run(t: TestContext, overrides: TrainConfigInput): Promise<RunRecord> {
  const folder = await temporaryFolder(t);
  const manifest = await manifestIn(folder, await shortUtterances(6));
  return trainHere(tinyConfig(folder, manifest, { learningRate: 3e-3, ...overrides }));
}

const weightsIn = (path: string) =>
  tidy(() => {
    const { tensors } = loadCheckpoint(path);
    return new Map([...tensors].map(([name, tensor]) => [name, tensor.toNumbers()]));
  });

/** Epochs by what they were measured at, best first; equals in the order they came. */
function rankedEpochs(record: RunRecord): number[] {
  const epochs = record.all("epoch").map(({ epoch, dev }) => ({ epoch, wer: dev.rates.wer, cer: dev.rates.cer }));
  return epochs
    .sort((a, b) => (isBetter(a, b) ? -1 : isBetter(b, a) ? 1 : a.epoch - b.epoch))
    .map(({ epoch }) => epoch);
}

describe("isBetter", () => {
  it("goes by WER, then by CER; beyond 1 no WER is worse than another", () => {
    assert.ok(isBetter({ wer: 0.3, cer: 0.2 }, { wer: 0.4, cer: 0.1 }));
    assert.ok(isBetter({ wer: 0.3, cer: 0.1 }, { wer: 0.3, cer: 0.2 }));
    assert.ok(isBetter({ wer: 1.05, cer: 0.6 }, { wer: 1, cer: 1 }));
    assert.ok(!isBetter({ wer: 1, cer: 1 }, { wer: 1.05, cer: 0.6 }));
    assert.ok(!isBetter({ wer: 0.3, cer: 0.1 }, { wer: 0.3, cer: 0.1 }), "of equals the first stays");
  });
});

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
    const measured = record.all("epoch").find(({ epoch }) => epoch === bestEpoch)!.dev.rates;
    assert.equal(isBest, isBetter(dev.rates, measured));
    const best = weightsIn(checkpointPath(record.runFolder, "best"));
    assert.deepEqual(best, isBest ? average : weightsIn(epochCheckpointPath(record.runFolder, bestEpoch!)));
  });

  it("the run ends where dev has not improved for as many epochs as patience has", async (t) => {
    // A rate this small changes no answer, so the first epoch stays the best.
    const record = await run(t, { epochs: 20, patience: 3, learningRate: 1e-9 });
    assert.equal(record.one("finished").reason, "patience");
    assert.deepEqual([record.all("epoch").length, record.one("finished").best?.epoch], [4, 1]);
  });

  it("the reduced rate of a plateau is what the next epochs train with", async (t) => {
    const schedule = { kind: "reduce-on-plateau", warmupShare: 0, plateauPatience: 0, plateauFactor: 0.5 } as const;
    const record = await run(t, { epochs: 4, learningRate: 1e-6, schedule });
    const rates = new Map(record.all("step").map(({ epoch, learningRate }) => [epoch, learningRate]));
    assert.deepEqual([...rates.values()], [1e-6, 1e-6, 5e-7, 2.5e-7]);
  });
});
