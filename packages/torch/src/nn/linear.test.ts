/** deepspeech::linear in bfloat16, whose products are our own, against float32. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { autocast } from "../autograd.js";
import { randn } from "../creation.js";
import { manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { Conv2d } from "./conv2d.js";
import { assertClose, leaf, passesOnEveryWay } from "./kernels.test.support.js";
import { Linear } from "./linear.js";

beforeEach(() => manualSeed(5));

/** Rounded to bfloat16, as both sides of a comparison see it. */
const rounded = (shape: readonly number[]) => leaf(randn(shape).to("bfloat16").to("float32"));

/** Output, then the gradients of input, weight and bias. */
function run(layer: Linear, input: Tensor, low: boolean): Tensor[] {
  const leaves = [input, layer.weight, layer.bias];
  for (const each of leaves) each.grad = null;
  const forward = () => layer.forward(input);
  const output = low ? autocast("cpu", "bfloat16", forward) : forward();
  manualSeed(9);
  output.backward({ gradient: randn(output.shape).to("bfloat16").to(output.dtype) });
  return [output.detach(), ...leaves.map((each) => each.grad!.clone())];
}

function roundedLinear(inFeatures: number, outFeatures: number): Linear {
  const layer = new Linear(inFeatures, outFeatures);
  layer.loadStateDict(
    new Map([
      ["weight", rounded([outFeatures, inFeatures])],
      ["bias", rounded([outFeatures])],
    ]),
  );
  return layer;
}

/** Root of the mean squared error, over that of what is expected. */
function relativeError(found: Tensor, expected: Tensor): number {
  const rms = (tensor: Tensor) => Math.sqrt(tensor.pow(2).mean().item());
  return rms(found.to("float32").sub(expected)) / rms(expected);
}

describe("Linear under autocast", () => {
  for (const [batch, inFeatures, outFeatures] of [
    [1, 1, 1],
    [5, 33, 29],
    [12, 64, 64],
    [13, 65, 130],
    [300, 700, 150],
  ] as const) {
    for (const threads of [1, 2]) {
      it(`${batch} × ${inFeatures} → ${outFeatures}, ${threads} thread${threads > 1 ? "s" : ""}`, () => {
        const before = numThreads();
        setNumThreads(threads);
        const layer = roundedLinear(inFeatures, outFeatures);
        const input = rounded([2, batch, inFeatures]);
        const found = run(layer, input, true);
        assert.deepEqual(
          found.map(({ dtype }) => dtype),
          ["bfloat16", "float32", "float32", "float32"],
        );
        for (const [i, expected] of run(layer, input, false).entries()) {
          const error = relativeError(found[i]!, expected);
          // A rounding to bfloat16 alone makes 1.7e-3 of it.
          assert.ok(error < 4e-3, `result ${i}: ${error}`);
        }
        setNumThreads(before);
      });
    }
  }

  it("keeps its precision for numbers of any size, each row and column by itself", () => {
    const layer = roundedLinear(100, 70);
    const input = rounded([40, 100]);
    const scales = randn([40, 1]).mul(20).exp();
    const scaled = leaf(input.detach().mul(scales).to("bfloat16").to("float32"));
    const found = autocast("cpu", "bfloat16", () => layer.forward(scaled)).to("float32");
    const expected = layer.forward(scaled);
    assert.ok(relativeError(found.div(scales), expected.div(scales)) < 4e-3);
  });

  it("passes on what is infinite or not a number, in its own rows", () => {
    const layer = roundedLinear(8, 3);
    const input = rounded([3, 8]).detach();
    input.select(0, 0).mul_(Number.NaN);
    input.select(0, 1).fill_(Number.POSITIVE_INFINITY);
    const output = autocast("cpu", "bfloat16", () => layer.forward(input));
    const [first, second, third] = [0, 1, 2].map((row) => output.select(0, row).toNumbers());
    assert.ok(first!.every(Number.isNaN));
    assert.ok(second!.every((value) => !Number.isFinite(value)));
    assert.ok(third!.every(Number.isFinite));
  });

  it("gives zero for zero", () => {
    const layer = roundedLinear(8, 3);
    const output = autocast("cpu", "bfloat16", () => layer.forward(randn([2, 8]).mul(0)));
    assert.deepEqual(output.toNumbers(), [...layer.bias.toNumbers(), ...layer.bias.toNumbers()]);
  });

  it("leaves float32 to libtorch, and what does not fit to its message", () => {
    const layer = roundedLinear(8, 3);
    assert.equal(layer.forward(randn([2, 8])).dtype, "float32");
    assert.throws(() => layer.forward(randn([2, 7])), {
      code: "LIBTORCH",
      message: /mat1 and mat2 shapes cannot be multiplied/,
    });
  });
});

describe("Conv2d under autocast", () => {
  it("gives what it gives without, in whichever dtype is faster here", () => {
    const layer = new Conv2d(3, 5, 3, { padding: 1 });
    const input = leaf(randn([2, 3, 9, 11]));
    const found = autocast("cpu", "bfloat16", () => layer.forward(input));
    assertClose([found], [layer.forward(input)], 0.03);
    const low = autocast("cpu", "bfloat16", () => layer.forward(input.detach().to("bfloat16")));
    assertClose([low], [layer.forward(input)], 0.03);
  });
});

passesOnEveryWay(import.meta.url);
