import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { liveMemory, optim, tensor, zeros } from "../index.js";

function withGradients(...gradients: number[][]) {
  return gradients.map((values) => {
    const parameter = zeros([values.length], { requiresGrad: true });
    parameter.grad = tensor(values);
    return parameter;
  });
}

describe("clipGradNorm()", () => {
  it("scales all gradients by one factor and returns the norm before", () => {
    const parameters = withGradients([3, 0], [4]);
    assert.equal(optim.clipGradNorm(parameters, 1).item(), 5);
    const clipped = parameters.flatMap((parameter) => parameter.grad!.toNumbers());
    assert.ok(
      [0.6, 0, 0.8].every((value, i) => Math.abs(clipped[i]! - value) < 1e-6),
      String(clipped),
    );
  });

  it("leaves gradients that are small enough to the bit", () => {
    const parameters = withGradients([0.3, -0.1], [0.2]);
    const before = parameters.map((parameter) => parameter.grad!.toNumbers());
    optim.clipGradNorm(parameters, 1);
    assert.deepEqual(
      parameters.map((parameter) => parameter.grad!.toNumbers()),
      before,
    );
  });

  it("leaves out parameters without a gradient, and refuses if none has one", () => {
    const without = zeros([2], { requiresGrad: true });
    assert.equal(optim.clipGradNorm([...withGradients([2]), without], 10).item(), 2);
    assert.equal(without.grad, null);
    assert.throws(() => optim.clipGradNorm([without], 1), {
      name: "RangeError",
      message: "clipGradNorm: no parameter has a gradient",
    });
  });

  it("shows an infinite or undefined norm to its caller", () => {
    assert.equal(optim.clipGradNorm(withGradients([Number.POSITIVE_INFINITY]), 1).item(), Number.POSITIVE_INFINITY);
    assert.ok(Number.isNaN(optim.clipGradNorm(withGradients([Number.NaN]), 1).item()));
  });

  it("frees what it makes, but for the norm", () => {
    const parameters = withGradients([1, 2], [3]);
    const before = liveMemory().tensors;
    optim.clipGradNorm(parameters, 1);
    assert.equal(liveMemory().tensors - before, 1);
  });
});
