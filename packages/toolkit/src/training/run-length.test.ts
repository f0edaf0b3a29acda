/** Batches that follow from the hours, the steps that are announced, and what is said of a model that says nothing. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { type TrainConfigInput, trainConfigSchema } from "./config.js";
import { PlannedSteps } from "./planned-steps.js";
import { batchSecondsOf, blanksWarning, outlookOf } from "./run-length.js";
import { manifestIn, type RunRecord, shortUtterances, tinyConfig, trainHere } from "./training.test.support.js";
import { readRunConfig } from "./training-state.js";

const HOUR = 3600;
const batchesOf = (config: TrainConfigInput, hours: number) =>
  batchSecondsOf(trainConfigSchema.parse(config), hours * HOUR);

async function run(t: TestContext, overrides: TrainConfigInput, count = 9): Promise<RunRecord> {
  const folder = await temporaryFolder(t);
  return trainHere(tinyConfig(folder, await manifestIn(folder, await shortUtterances(count)), overrides));
}

describe("the length of batches", () => {
  it("follows from hours and epochs, within bounds, unless it is told", () => {
    assert.equal(batchesOf({ epochs: 10 }, 0.5), 16, "half an hour");
    assert.equal(batchesOf({ epochs: 10 }, 8), 115, "2,500 steps of eight hours, ten times");
    assert.equal(batchesOf({ epochs: 20, accumulateBatches: 4 }, 12.5), 90, "four batches make a step");
    assert.equal(batchesOf({ epochs: 10, optimizer: "adamw" }, 0.5), 8);
    assert.equal(batchesOf({ epochs: 10, optimizer: "adamw" }, 12.5), 113, "4,000 steps of 12.5 hours, ten times");
    assert.equal(batchesOf({ epochs: 10 }, 960), 160, "LibriSpeech");
    assert.equal(batchesOf({ epochs: 10, maxBatchSeconds: 33 }, 960), 33);
  });

  it("is written down, and stays when epochs are added", async (t) => {
    const first = await run(t, { epochs: 1 });
    const config = readRunConfig(first.runFolder);
    assert.equal(config.maxBatchSeconds, 16);
    assert.equal(first.one("plan").maxBatchSeconds, 16);
    const more = await trainHere({ ...config, epochs: 3, maxBatchSeconds: 16, resume: first.runFolder });
    assert.deepEqual(
      more.one("start").changes?.map(({ key }) => key),
      ["epochs"],
    );
  });
});

describe("the steps of a run", () => {
  it("are announced as they are taken, though each epoch has its own number of batches", async (t) => {
    const varied = { epochs: 6, maxBatchSeconds: 3, maxBatchUtterances: 32, speedFactors: [0.6, 1, 1.6] };
    for (const overrides of [{}, { accumulateBatches: 2 }]) {
      const record = await run(t, { ...varied, ...overrides }, 13);
      const steps = record.all("step");
      const perEpoch = new Set([1, 2, 3, 4, 5, 6].map((epoch) => steps.filter((step) => step.epoch === epoch).length));
      if (!("accumulateBatches" in overrides)) assert.ok(perEpoch.size > 1, `steps of each epoch: ${[...perEpoch]}`);
      assert.equal(record.one("start").totalSteps, steps.length);
      assert.equal(record.one("plan").totalSteps, steps.length);
      assert.deepEqual(new Set(steps.map(({ totalSteps }) => totalSteps)), new Set([steps.length]));
      assert.equal(record.one("finished").steps, steps.length);
    }
  });

  it("of a resumed run are those taken and those to come, of other batches too", async (t) => {
    const first = await run(t, { epochs: 1, maxBatchUtterances: 3 });
    const config = readRunConfig(first.runFolder);
    const second = await trainHere({ ...config, epochs: 3, maxBatchUtterances: 2, resume: first.runFolder });
    assert.equal(second.one("start").totalSteps, second.one("finished").steps);
    assert.equal(second.one("finished").steps, first.all("step").length + second.all("step").length);
  });

  it("are planned as far as is cheap, and the rest counts as much on average", () => {
    const stepsOf = (epoch: number) => [10, 12, 11][epoch] ?? Number.NaN;
    const whole = new PlannedSteps(3, stepsOf, 100);
    assert.deepEqual([whole.from(0), whole.from(1), whole.from(2), whole.from(3)], [33, 23, 11, 0]);
    const part = new PlannedSteps(10, stepsOf, 2);
    assert.deepEqual([part.from(0), part.from(1), part.from(9), part.from(10)], [110, 100, 11, 0]);
  });

  it("promise first words or do not, where nobody has said any yet", async (t) => {
    const outlooks = (optimizer: "muon" | "adamw") => [190, 800, 4000].map((steps) => outlookOf(steps, { optimizer }));
    assert.deepEqual(outlooks("adamw"), ["unlikely", "uncertain", "likely"]);
    assert.deepEqual(outlooks("muon"), ["unlikely", "likely", "likely"]);
    const first = await run(t, { epochs: 1 });
    assert.equal(first.one("plan").outlook, "unlikely");
    const config = readRunConfig(first.runFolder);
    assert.equal((await trainHere({ ...config, initFrom: first.runFolder })).one("plan").outlook, null);
  });
});

describe("a model that answers nothing", () => {
  it("is told of once, with what to do, at the latest at the end", async (t) => {
    const silent = { blankBias: 20, learningRate: 1e-3 };
    for (const [epochs, told] of [
      [2, 2],
      [6, 3],
    ] as const) {
      const record = await run(t, { ...silent, epochs, maxBatchSeconds: 20 });
      const blanks = record.all("warning").filter(({ message }) => message.includes("plateau"));
      assert.equal(blanks.length, 1);
      assert.match(blanks[0]!.message, new RegExp(`^after epoch ${told} the model still answers nothing on dev`));
    }
  });

  it("may need smaller batches, a higher rate, or more steps, where there is room for them", () => {
    const text = (step: number, learningRate: number, maxBatchSeconds: number, optimizer: "muon" | "adamw" = "muon") =>
      blanksWarning({ epoch: 9, step, config: { learningRate, optimizer }, maxBatchSeconds });
    assert.match(
      text(190, 1e-3, 160),
      /190 steps are few: try smaller batches \(--max-batch-seconds 16\), a higher rate/,
    );
    assert.match(text(800, 1e-3, 160, "adamw"), /800 steps are few: try smaller batches \(--max-batch-seconds 8\)/);
    assert.match(text(800, 2e-3, 16), /begins; try more --epochs, and see/);
  });
});
