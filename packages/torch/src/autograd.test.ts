import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  autocast,
  call,
  cat,
  enableGrad,
  grad,
  isGradEnabled,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "./index.js";

const double = (shape: readonly number[]) => randn(shape, { dtype: "float64", requiresGrad: true });

/** The largest difference between autograd's gradients and central finite differences, in float64. */
function gradientError(inputs: readonly Tensor[], body: (...inputs: Tensor[]) => Tensor): number {
  const weights = tidy(() => randn(body(...inputs).shape, { dtype: "float64" }));
  const loss = () =>
    body(...inputs)
      .mul(weights)
      .sum();
  const analytic = grad([loss()], inputs).map((gradient) => gradient!.toNumbers());
  const step = 1e-6;
  let worst = 0;
  inputs.forEach((input, i) => {
    const flat = input.detach().reshape([-1]); // a view: writing to it moves the input
    for (let k = 0; k < flat.numel; k++) {
      const at = (offset: number) =>
        noGrad(() =>
          tidy(() => {
            const element = flat.select(0, k).add_(offset);
            const value = loss().item();
            element.add_(-offset);
            return value;
          }),
        );
      const numeric = (at(step) - at(-step)) / (2 * step);
      worst = Math.max(worst, Math.abs(numeric - analytic[i]![k]!) / Math.max(1, Math.abs(numeric)));
    }
  });
  return worst;
}

describe("gradients agree with finite differences", () => {
  manualSeed(11);
  const gruWeights = () => [double([9, 2]), double([9, 3]), double([9]), double([9])];
  const index = tensor([[2, 0, 1]], { dtype: "int64" });
  const cases: [string, Tensor[], (...inputs: Tensor[]) => Tensor][] = [
    ["arithmetic with broadcasting", [double([2, 3]), double([3])], (a, b) => a!.mul(b!).add(a!.div(b!.pow(2).add(1)))],
    ["exp, log, sqrt, abs", [double([5])], (a) => a!.exp().log().add(a!.abs().sqrt()).sub(a!.neg().exp())],
    ["matmul", [double([2, 3, 4]), double([4, 2])], (a, b) => a!.matmul(b!)],
    ["sum, mean, norm", [double([3, 4])], (a) => a!.sum(0).add(a!.mean(0)).mul(a!.norm())],
    ["views", [double([3, 4])], (a) => a!.transpose(0, 1).narrow(0, 1, 2).flip([1]).reshape([6]).unsqueeze(0)],
    ["gather, cat, expand", [double([2, 3])], (a) => cat([a!.gather(1, index.expand([2, 3])), a!], 1)],
    ["maskedFill", [double([4])], (a) => a!.maskedFill(tensor([1, 0, 0, 1], { dtype: "bool" }), 3)],
    ["gelu", [double([7])], (a) => nn.functional.gelu(a!)],
    [
      "softmax and logSoftmax",
      [double([2, 4])],
      (a) => nn.functional.softmax(a!, 1).add(nn.functional.logSoftmax(a!, 0)),
    ],
    [
      "layer_norm",
      [double([2, 5]), double([5]), double([5])],
      (x, w, b) => call("layer_norm", [x!, [5], w!, b!, 1e-5]),
    ],
    [
      "conv2d",
      [double([1, 2, 5, 4]), double([3, 2, 3, 3]), double([3])],
      (x, w, b) => call("conv2d", [x!, w!, b!, [2, 1], [1, 1]]),
    ],
    [
      "gru",
      [double([2, 3, 2]), ...gruWeights()],
      (x, ...weights) =>
        call("gru.input", [x!, zeros([1, 2, 3], { dtype: "float64" }), weights, true, 1, 0, true, false, true])[0],
    ],
    [
      "ctcLoss",
      [double([6, 2, 4])],
      (x) => nn.functional.ctcLoss(nn.functional.logSoftmax(x!, 2), [[1, 1, 2], [3]], [6, 4], { reduction: "none" }),
    ],
  ];
  for (const [name, inputs, body] of cases) {
    it(name, () => {
      const error = gradientError(inputs, body);
      assert.ok(error < 1e-6, `differ by ${error}`);
    });
  }
});

describe("backward()", () => {
  it("adds to grad; null clears it", () => {
    const weight = tensor([2, 3], { requiresGrad: true });
    assert.equal(weight.grad, null);
    weight.pow(2).sum().backward();
    weight.pow(2).sum().backward();
    assert.deepEqual(weight.grad!.toNumbers(), [8, 12]);
    weight.grad = null;
    assert.equal(weight.grad, null);
    weight.grad = tensor([1, 1]);
    weight.mul(tensor([1, 10])).backward({ gradient: tensor([1, 2]) });
    assert.deepEqual(weight.grad!.toNumbers(), [2, 21]);
  });

  it("refuses a gradient of another shape", () => {
    const weight = zeros([2], { requiresGrad: true });
    assert.throws(
      () => {
        weight.grad = zeros([3]);
      },
      { code: "VALUE", message: "the gradient has shape [3], its tensor [2]" },
    );
  });

  it("frees the graph: a second time needs retainGraph, and libtorch's message says so", () => {
    const weight = tensor([2], { requiresGrad: true });
    const loss = weight.pow(2).sum();
    loss.backward({ retainGraph: true });
    loss.backward();
    assert.deepEqual(weight.grad!.toNumbers(), [8]);
    assert.throws(() => loss.backward(), {
      name: "TorchError",
      code: "LIBTORCH",
      message: /^Trying to backward through the graph a second time .*Specify retain_graph=True if you need to/,
    });
  });

  it("notices that a saved tensor was changed in place", () => {
    const weight = tensor([1], { requiresGrad: true });
    const saved = weight.exp();
    saved.add_(1);
    assert.throws(() => saved.sum().backward(), {
      code: "LIBTORCH",
      message: /^one of the variables needed for gradient computation has been modified by an inplace operation/,
    });
  });

  const cases: [string, () => unknown, string | RegExp][] = [
    ["from a tensor without history", () => ones([1]).backward(), /^element 0 of tensors does not require grad/],
    [
      "from several elements without their gradients",
      () => ones([2], { requiresGrad: true }).mul(2).backward(),
      "grad can be implicitly created only for scalar outputs",
    ],
    [
      "after an in-place change of a leaf",
      () => ones([1], { requiresGrad: true }).add_(1),
      "a leaf Variable that requires grad is being used in an in-place operation.",
    ],
    [
      "for integers",
      () => ones([1], { dtype: "int64", requiresGrad: true }),
      "Only Tensors of floating point and complex dtype can require gradients",
    ],
  ];
  for (const [what, body, message] of cases) {
    it(`is refused ${what}`, () => {
      assert.throws(body, { name: "TorchError", code: "LIBTORCH", message });
    });
  }
});

describe("grad()", () => {
  it("returns gradients and leaves grad alone", () => {
    const [x, y] = [tensor([3], { requiresGrad: true }), tensor([5], { requiresGrad: true })];
    const found = grad([x.mul(y).sum()], [x, y]);
    assert.deepEqual(
      found.map((gradient) => gradient?.item()),
      [5, 3],
    );
    assert.equal(x.grad, null);
  });

  it("weighs outputs by gradOutputs", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    assert.deepEqual(grad([x.pow(2)], [x], { gradOutputs: [tensor([1, 10])] })[0]!.toNumbers(), [2, 40]);
  });

  it("gives second derivatives with createGraph", () => {
    const x = tensor([2, -1], { requiresGrad: true });
    const [first] = grad([x.pow(3).sum()], [x], { createGraph: true });
    assert.deepEqual(first!.toNumbers(), [12, 3]);
    const [second] = grad([first!.sum()], [x]);
    assert.deepEqual(second!.toNumbers(), [12, -6]);
  });

  it("names unused inputs, or gives null where they are allowed", () => {
    const [x, other] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    const output = () => [x.mul(2).sum()];
    assert.throws(() => grad(output(), [other]), {
      code: "LIBTORCH",
      // libtorch 1.13, and 2.x, which numbers them.
      message: /^(One |element 0)of the differentiated Tensors appears to not have been used in the graph/,
    });
    assert.deepEqual(grad(output(), [other], { allowUnused: true }), [null]);
  });
});

describe("modes", () => {
  const weight = ones([2], { requiresGrad: true });

  it("noGrad records nothing, nests with enableGrad, and is undone by an error", () => {
    assert.equal(noGrad(() => weight.mul(2)).requiresGrad, false);
    assert.equal(noGrad(() => enableGrad(() => weight.mul(2))).requiresGrad, true);
    assert.throws(() => noGrad(() => weight.add(zeros([3]))));
    assert.equal(isGradEnabled(), true);
    assert.equal(weight.mul(2).requiresGrad, true);
  });

  it("noGrad lets a leaf be changed in place", () => {
    const leaf = ones([1], { requiresGrad: true });
    noGrad(() => leaf.add_(1));
    assert.equal(leaf.item(), 2);
  });

  it("autocast computes products in the given dtype, losses in float32, and ends with its body", () => {
    const matrix = ones([2, 2]);
    const [product, loss] = autocast("cpu", "bfloat16", () => {
      const made = matrix.matmul(matrix);
      return [made.dtype, call("mse_loss", [made, made]).dtype];
    });
    assert.deepEqual([product, loss, matrix.matmul(matrix).dtype], ["bfloat16", "float32", "float32"]);
  });

  it("autocast ends when its body throws", () => {
    assert.throws(() => autocast("cpu", "bfloat16", () => ones([2]).add(ones([3]))));
    assert.equal(ones([2, 2]).matmul(ones([2, 2])).dtype, "float32");
  });
});
