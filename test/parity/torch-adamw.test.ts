/** Ten steps of AdamW and gradient clipping against PyTorch's. Tolerances: test/fixtures/README.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { optim, type Tensor, zeros } from "@deepspeech-ts/torch";
import { assertClose, Golden } from "./golden.js";

const golden = new Golden("adamw.safetensors");
const NAMES = ["matrix", "vector", "kernel"];
const STEPS = 10;

interface Settings {
  betas: [number, number];
  eps: number;
  weight_decay: number;
}

function leaf(values: Tensor): Tensor {
  const copy = values.clone();
  copy.requiresGrad = true;
  return copy;
}

describe("AdamW agrees with PyTorch", () => {
  const { betas, eps, weight_decay: weightDecay } = golden.json<Settings>("settings");
  const parameters = new Map(NAMES.map((name) => [name, leaf(golden.tensor(`initial.${name}`))]));
  const optimizer = new optim.AdamW(parameters, { betas, eps, weightDecay });
  const rates = golden.numbers("learning_rates");

  for (let step = 0; step < STEPS; step++) {
    it(`after step ${step}`, () => {
      optimizer.learningRate = rates[step]!;
      for (const [name, parameter] of parameters) parameter.grad = golden.tensor(`step.${step}.gradient.${name}`);
      optimizer.step();
      for (const [name, parameter] of parameters) {
        const key = `step.${step}.parameter.${name}`;
        assertClose(key, parameter, golden.tensor(key), { absolute: 1e-6 });
      }
    });
  }

  it("in the optimiser's state at the end", () => {
    const state = optimizer.stateDict();
    assert.equal(optimizer.steps, STEPS);
    for (const name of NAMES) {
      for (const moment of ["exp_avg", "exp_avg_sq"]) {
        const expected = golden.tensor(`final.${moment}.${name}`);
        assertClose(`${moment} of ${name}`, state.get(`${name}.${moment}`)!, expected, { ofLargest: 1e-6 });
      }
    }
  });
});

describe("clipGradNorm agrees with PyTorch", () => {
  for (const label of ["tight", "loose"]) {
    it(`with a ${label} limit`, () => {
      const parameters = NAMES.map((name) => {
        const gradient = golden.tensor(`clip.gradient.${name}`);
        const parameter = zeros(gradient.shape, { requiresGrad: true });
        parameter.grad = gradient.clone();
        return parameter;
      });
      const norm = optim.clipGradNorm(parameters, golden.tensor(`clip.${label}.max_norm`).item());
      assertClose("total norm", norm, golden.tensor(`clip.${label}.total_norm`), { relative: 1e-6 });
      NAMES.forEach((name, i) => {
        const key = `clip.${label}.${name}`;
        assertClose(key, parameters[i]!.grad!, golden.tensor(key), { relative: 1e-6 });
      });
    });
  }
});
