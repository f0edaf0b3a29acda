import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../call.js";
import { randn } from "../creation.js";
import { manualSeed } from "../random.js";
import type { Tensor } from "../tensor.js";
import { gelu } from "./functional.js";

/** x · (1 + erf(x / √2)) / 2, by operators that have no fused kernel. */
function composed(x: Tensor): Tensor {
  return call("erf", [x.mul(Math.SQRT1_2)])
    .add(1)
    .mul(x)
    .mul(0.5);
}

function gradientOf(f: (x: Tensor) => Tensor, values: Tensor, gradient: Tensor): Tensor {
  const x = values.clone();
  x.requiresGrad = true;
  f(x).backward({ gradient });
  return x.grad!;
}

function largestDifference(a: Tensor, b: Tensor): number {
  return a.sub(b).abs().max().item();
}

test("gelu is the exact form, forward and backward", () => {
  manualSeed(1);
  const x = randn([8, 50, 128]);
  const gradient = randn([8, 50, 128]);
  assert.ok(largestDifference(gelu(x), composed(x)) < 1e-5);
  assert.ok(largestDifference(gradientOf(gelu, x, gradient), gradientOf(composed, x, gradient)) < 1e-5);
});

test("gelu's gradient is right where the incoming gradient is strided", () => {
  manualSeed(2);
  const x = randn([8, 50, 128]);
  const transposed = randn([50, 8, 128]).transpose(0, 1);
  const expanded = randn([1, 1, 128]).expand([8, 50, 128]);
  for (const gradient of [transposed, expanded]) {
    assert.ok(largestDifference(gradientOf(gelu, x, gradient), gradientOf(composed, x, gradient)) < 1e-5);
  }
});
