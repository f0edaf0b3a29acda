/** The whole network, small: log-probabilities of both recurrences, CTC losses, and the gradient of every parameter. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outputFrames } from "@deepspeech-ts/toolkit/acoustic-model";
import { tidy } from "@deepspeech-ts/torch";
import { assertClose, Golden } from "./golden.js";
import { goldenBatch, goldenModel, lossesOf, meanLoss, validFrames } from "./model-batch.js";

const golden = new Golden("model-small.safetensors");
const batch = goldenBatch(golden);
const lengths = golden.numbers("log_prob_lengths");

describe("a small DeepSpeech, by PyTorch's numbers", () => {
  it("has the reference's parameters, by name and in order", () => {
    using model = goldenModel(golden, "weight.");
    assert.deepEqual([...model.namedParameters().keys()], golden.json<string[]>("parameters"));
  });

  it("gives lengths as the convolution does", () => {
    const found = batch.featureLengths.map((frames) => outputFrames(frames, { timeStride: 2 }));
    assert.deepEqual(found, lengths);
  });

  it("log-probabilities, recurrence over time", () => {
    tidy(() => {
      using model = goldenModel(golden, "weight.");
      const { logProbs, logProbLengths } = model.forward(batch.features, batch.featureLengths);
      assert.deepEqual(logProbLengths, lengths);
      const expected = golden.tensor("log_probs.time");
      assert.deepEqual(logProbs.shape, expected.shape);
      const [ours, theirs] = [validFrames(logProbs, lengths), validFrames(expected, lengths)];
      assertClose("log_probs.time", ours, theirs, { absolute: 1e-4 });
    });
  });

  it("log-probabilities, recurrence over the batch, padding too", () => {
    tidy(() => {
      using model = goldenModel(golden, "weight.", "batch");
      const { logProbs } = model.forward(batch.features, batch.featureLengths);
      assertClose("log_probs.batch", logProbs, golden.tensor("log_probs.batch"), { absolute: 1e-4 });
    });
  });

  it("losses, and the gradient of every parameter", () => {
    tidy(() => {
      using model = goldenModel(golden, "weight.");
      const output = model.forward(batch.features, batch.featureLengths);
      const loss = meanLoss(output, batch);
      assertClose("loss.none", lossesOf(output, batch).toNumbers(), golden.numbers("loss.none"), { relative: 1e-5 });
      assertClose("loss.mean", [loss.item()], golden.numbers("loss.mean"), { relative: 1e-5 });
      loss.backward();
      const floor = golden.json<number>("gradient_floor");
      for (const [name, parameter] of model.namedParameters()) {
        const expected = golden.tensor(`gradient.${name}`);
        assertClose(`gradient.${name}`, parameter.grad!, expected, { ofLargest: 1e-3, absolute: floor });
      }
    });
  });
});
