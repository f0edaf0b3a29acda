/** The default model, 14 million parameters: both recurrences, losses, and samples of every gradient. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DeepSpeech, defaultModelConfig } from "@deepspeech-ts/toolkit/acoustic-model";
import { fromTypedArray, noGrad, type Tensor, tidy } from "@deepspeech-ts/torch";
import { assertClose, Golden } from "./golden.js";
import { goldenBatch, goldenConfig, lossesOf, meanLoss, validFrames } from "./model-batch.js";
import { filledParameter, fnv1a } from "./parameter-fill.js";

const golden = new Golden("model-full.safetensors");
const batch = goldenBatch(golden);
const lengths = golden.numbers("log_prob_lengths");
const SAMPLES = 64;

const model = new DeepSpeech(goldenConfig(golden)).eval();
tidy(() =>
  noGrad(() => {
    for (const [name, parameter] of model.namedParameters()) {
      parameter.copy_(fromTypedArray(filledParameter(name, parameter.shape), parameter.shape));
    }
  }),
);

/** Elements floor(k · numel / 64) of the flattened tensor. */
function sampled(tensor: Tensor): number[] {
  const values = tensor.toFloat32Array();
  return Array.from({ length: SAMPLES }, (_, k) => values[Math.floor((k * values.length) / SAMPLES)]!);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

describe("the default DeepSpeech, by PyTorch's numbers", () => {
  it("is the reference's: 14,233,053 parameters, their names, order and shapes", () => {
    assert.equal(model.numParameters(), 14_233_053);
    const shapes = [...model.namedParameters()].map(([name, parameter]) => [name, [...parameter.shape]]);
    assert.deepEqual(shapes, Object.entries(golden.json<Record<string, number[]>>("parameters")));
    assert.deepEqual(goldenConfig(golden), { ...defaultModelConfig, dropout: 0 });
  });

  it("is filled by the rule", () => {
    assert.equal(fnv1a("cnn.weight"), 0x9200e280);
    for (const [name, parameter] of model.namedParameters()) {
      const values = parameter.toFloat32Array();
      assert.deepEqual([...values.subarray(0, 4)], golden.numbers(`weight_head.${name}`), name);
      const tolerance = { absolute: 1e-9 * values.length };
      assertClose(`weight_sum.${name}`, [sum(values)], golden.numbers(`weight_sum.${name}`), tolerance);
    }
  });

  it("log-probabilities, recurrence over the batch", () => {
    tidy(() => {
      using defective = new DeepSpeech(goldenConfig(golden, "batch")).eval();
      defective.loadStateDict(model.stateDict());
      const { logProbs } = noGrad(() => defective.forward(batch.features, batch.featureLengths));
      assertClose("log_probs.batch", logProbs, golden.tensor("log_probs.batch"), { absolute: 1e-4 });
    });
  });

  it("log-probabilities, losses and gradients, recurrence over time", () => {
    tidy(() => {
      const output = model.forward(batch.features, batch.featureLengths);
      assert.deepEqual(output.logProbLengths, lengths);
      const [ours, theirs] = [output.logProbs, golden.tensor("log_probs.time")];
      assertClose("log_probs.time", validFrames(ours, lengths), validFrames(theirs, lengths), { absolute: 1e-4 });
      const loss = meanLoss(output, batch);
      assertClose("loss.none", lossesOf(output, batch).toNumbers(), golden.numbers("loss.none"), { relative: 1e-5 });
      assertClose("loss.mean", [loss.item()], golden.numbers("loss.mean"), { relative: 1e-5 });
      loss.backward();
      for (const [name, parameter] of model.namedParameters()) assertGradient(name, parameter.grad!);
    });
  });
});

function assertGradient(name: string, gradient: Tensor): void {
  const floor = golden.json<number>("gradient_floor");
  const [largest = 0] = golden.numbers(`gradient_max.${name}`);
  const [norm = 0] = golden.numbers(`gradient_norm.${name}`);
  const ofSamples = { absolute: 1e-3 * largest + floor };
  const ofWhole = { absolute: 1e-3 * norm + floor * Math.sqrt(gradient.numel) };
  assertClose(`gradient_sample.${name}`, sampled(gradient), golden.numbers(`gradient_sample.${name}`), ofSamples);
  assertClose(`gradient_norm.${name}`, [gradient.to("float64").norm().item()], [norm], ofWhole);
  const total = sum(gradient.toFloat32Array());
  assertClose(`gradient_sum.${name}`, [total], golden.numbers(`gradient_sum.${name}`), ofWhole);
}
