import assert from "node:assert/strict";
import { test } from "node:test";
import { liveMemory, manualSeed, noGrad, ones, tidy } from "@deepspeech-ts/torch";
import { DeepSpeech } from "./deepspeech.js";
import { modelConfigSchema } from "./model-config.js";

const config = modelConfigSchema.parse({
  numMels: 8,
  convChannels: 2,
  residualLayers: 3,
  recurrentLayers: 2,
  hiddenSize: 4,
});

/** The model's answer, and the tensors that are held when it is there. */
function answer(model: DeepSpeech): { logProbs: number[]; held: number } {
  return tidy(() => {
    const input = ones([2, 40, 8]);
    const before = liveMemory().tensors;
    const { logProbs } = model.forward(input, [40, 31]);
    return { logProbs: logProbs.toNumbers(), held: liveMemory().tensors - before };
  });
}

test("without gradients a layer leaves nothing but its output, and the answer is the same", () => {
  manualSeed(1);
  using model = new DeepSpeech(config).eval();
  const thrifty = noGrad(() => answer(model));
  const learning = answer(model);
  assert.deepEqual(thrifty.logProbs, learning.logProbs);
  const deeper = { ...config, residualLayers: config.residualLayers + 4 };
  using deep = new DeepSpeech(deeper).eval();
  assert.equal(noGrad(() => answer(deep)).held - thrifty.held, 4);
  assert.ok(learning.held > thrifty.held, `${learning.held} tensors`);
});
