import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultModelConfig } from "../acoustic-model/index.js";
import { modelConfigOf, trainConfigSchema } from "./config.js";

const problemsOf = (input: unknown) => trainConfigSchema.safeParse(input).error?.issues ?? [];

describe("the training configuration", () => {
  it("by default trains the full model on LibriSpeech's 960 hours", () => {
    const config = trainConfigSchema.parse({});
    assert.deepEqual(modelConfigOf(config, 29), defaultModelConfig);
    assert.equal(config.train.length, 3);
    assert.deepEqual([config.features.kind, config.features.numMels], ["log-mel", 128]);
    assert.deepEqual([config.specAugment.frequencyMaskBands, config.specAugment.timeMaskFrames], [20, 40]);
  });

  it("takes the model's input width from the features, and its output width from the alphabet", () => {
    const model = modelConfigOf(trainConfigSchema.parse({ features: { numMels: 40 } }), 33);
    assert.deepEqual([model.numMels, model.numTokens], [40, 33]);
    assert.deepEqual(problemsOf({ model: { numMels: 40 } })[0]?.path, ["model"]);
  });

  it("refuses keys that it does not know, at every depth", () => {
    for (const input of [
      { epoch: 3 },
      { model: { hidden: 3 } },
      { features: { mels: 3 } },
      { specAugment: { on: 1 } },
    ]) {
      assert.equal(problemsOf(input)[0]?.code, "unrecognized_keys", JSON.stringify(input));
    }
  });

  it("refuses values that make no sense", () => {
    const wrong: Record<string, unknown>[] = [
      { epochs: 0 },
      { epochs: 1.5 },
      { learningRate: 0 },
      { learningRate: Number.NaN },
      { learningRate: 1e300 },
      { train: [] },
      { experiment: "../elsewhere" },
      { maxMinutes: -1 },
      { speedFactors: [3] },
      { betas: [0.9, 1] },
      { schedule: { kind: "step" } },
      { model: { kernelSize: 4 } },
      { model: { dropout: 1 } },
      { features: { fftSamples: 401 } },
    ];
    for (const input of wrong) assert.equal(problemsOf(input).length, 1, JSON.stringify(input));
  });
});
