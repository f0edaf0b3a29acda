/** Heads that a run has beside its model: where they are kept, and where they are not. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { tidy } from "@deepspeech-ts/torch";
import { loadCheckpoint } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import type { TrainConfigInput } from "./config.js";
import { objectiveSchema } from "./objective-config.js";
import { checkpointPath } from "./run-folder.js";
import { manifestIn, shortUtterances, tinyConfig, trainHere, weightsOf } from "./training.test.support.js";

describe("a run with auxiliary heads", () => {
  async function setUp(t: TestContext, overrides: TrainConfigInput = {}) {
    const folder = await temporaryFolder(t);
    const model = { convChannels: 2, residualLayers: 1, recurrentLayers: 2, hiddenSize: 8 };
    const manifest = await manifestIn(folder, await shortUtterances(4));
    const plain = tinyConfig(folder, manifest, { model, epochs: 1, ...overrides });
    const objective = objectiveSchema.parse({ intermediateLayers: [1] });
    return { plain, headed: { ...plain, objective } };
  }

  const tensorNames = (path: string) => tidy(() => [...loadCheckpoint(path).tensors.keys()]);

  it("keeps them in the checkpoint to resume from alone", async (t) => {
    const { headed } = await setUp(t);
    const { runFolder } = await trainHere(headed);
    const ofHeads = (which: "best" | "last") =>
      tensorNames(checkpointPath(runFolder, which))
        .filter((name) => name.includes("heads."))
        .sort();
    assert.deepEqual(ofHeads("best"), []);
    const names = ["heads.intermediate.1.bias", "heads.intermediate.1.weight"];
    const moments = names.flatMap((name) => [`optimizer.${name}.exp_avg`, `optimizer.${name}.exp_avg_sq`]);
    assert.deepEqual(ofHeads("last"), [...names, ...moments]);
  });

  it("starts from a model that had none, and the other way round", async (t) => {
    const { plain, headed } = await setUp(t);
    // So small a rate that the weights stay where they start.
    const still = { learningRate: 1e-30, weightDecay: 0, emaDecay: 0 };
    for (const [first, second] of [
      [plain, headed],
      [headed, plain],
    ] as const) {
      const base = await trainHere(first);
      const tuned = await trainHere({ ...second, ...still, initFrom: base.runFolder });
      assert.deepEqual(weightsOf(tuned, "last"), weightsOf(base, "best"));
      assert.deepEqual(tuned.one("start").freshParameters, []);
    }
  });

  it("takes them up when it is resumed, and lets them go", async (t) => {
    const { plain, headed } = await setUp(t);
    const { runFolder } = await trainHere(plain);
    const more = await trainHere({ ...headed, epochs: 2, resume: runFolder });
    assert.ok(more.all("step").every(({ auxiliaryLosses }) => auxiliaryLosses!.intermediate! > 0));
    const last = await trainHere({ ...plain, epochs: 3, resume: runFolder });
    assert.ok(last.all("step").every(({ auxiliaryLosses }) => auxiliaryLosses === undefined));
    assert.equal(last.one("finished").steps, 6);
  });
});
