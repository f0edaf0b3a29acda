/** Ten AdamW steps of a small model on one batch: losses on the way, and where every parameter has moved to. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optim, type Tensor, tidy } from "@deepspeech-ts/torch";
import { assertClose, Golden } from "./golden.js";
import { goldenBatch, goldenModel, meanLoss } from "./model-batch.js";

interface Settings {
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
}

const golden = new Golden("training-steps.safetensors");
const batch = goldenBatch(golden);

describe("ten training steps, by PyTorch's numbers", () => {
  const model = goldenModel(golden, "initial.").train();
  const settings = golden.json<Settings>("settings");
  const optimizer = new optim.AdamW(model.namedParameters(), {
    learningRate: settings.lr,
    betas: settings.betas,
    eps: settings.eps,
    weightDecay: settings.weight_decay,
  });

  /** The loss before the step. */
  function step(): number {
    return tidy(() => {
      const loss = meanLoss(model.forward(batch.features, batch.featureLengths), batch);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  }

  it("losses", () => {
    const losses = Array.from({ length: 10 }, step);
    losses.push(tidy(() => meanLoss(model.forward(batch.features, batch.featureLengths), batch).item()));
    assertClose("losses", losses, golden.numbers("losses"), { relative: 1e-5 });
    assert.ok(losses[10]! < losses[0]!);
  });

  it("final weights, relative to the way that each has come", () => {
    for (const [name, parameter] of model.namedParameters()) {
      // Its gradient is zero but for rounding, which Adam makes steps of (test/fixtures/README.md).
      if (name.endsWith("cnn1.bias")) continue;
      tidy(() => {
        const [initial, final] = [golden.tensor(`initial.${name}`), golden.tensor(`final.${name}`)];
        const share = distance(parameter, final) / distance(final, initial);
        assert.ok(share <= 5e-3, `${name} is off by ${share} of its way`);
      });
    }
  });
});

function distance(a: Tensor, b: Tensor): number {
  return a.detach().to("float64").sub(b.to("float64")).norm().item();
}
