/**
 * deepspeech::gru against libtorch's own gru, which runs each utterance alone. The whole file runs once more for each
 * lower instruction set of this processor, in a process of its own.
 */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { autocast, grad, noGrad } from "../autograd.js";
import { randn } from "../creation.js";
import { manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { fused, gradientOf, type Problem, problem, reference, run, type Sizes } from "./gru-fused.test.support.js";
import { assertClose, leaf, passesOnEveryWay } from "./kernels.test.support.js";

const CASES: [name: string, lengths: number[], frames: number, sizes: Sizes][] = [
  ["full rows", [9, 9, 9], 9, { inputSize: 16, hiddenSize: 32 }],
  ["rows of all lengths, also 0 and 1", [3, 11, 0, 7, 1, 11, 2], 11, { inputSize: 5, hiddenSize: 33 }],
  ["no row as long as the input", [2, 4], 6, { inputSize: 3, hiddenSize: 7 }],
  ["one frame", [1, 1], 1, { inputSize: 4, hiddenSize: 20 }],
  ["one utterance", [13], 13, { inputSize: 40, hiddenSize: 48 }],
  ["one hidden unit", [5, 3], 5, { inputSize: 1, hiddenSize: 1 }],
  ["one direction", [6, 4, 1], 6, { inputSize: 8, hiddenSize: 19, directions: 1 }],
  ["many rows", Array.from({ length: 21 }, (_, i) => (i * 5) % 17), 16, { inputSize: 24, hiddenSize: 64 }],
  ["a long sequence", [150, 90], 150, { inputSize: 32, hiddenSize: 96 }],
];

const initialThreads = numThreads();

beforeEach(() => manualSeed(1));
afterEach(() => setNumThreads(initialThreads));

describe("deepspeech::gru equals at::gru of each utterance alone, forward and backward", () => {
  for (const [name, lengths, frames, sizes] of CASES) {
    for (const threads of [1, 2]) {
      it(`${name}, ${threads} thread${threads > 1 ? "s" : ""}`, () => {
        setNumThreads(threads);
        const given = problem(lengths, frames, sizes);
        assertClose(run(fused, given), run(reference, given), 1e-5);
      });
    }
  }

  it("in bfloat16, within its precision", () => {
    const given = problem([20, 13, 1, 0, 18], 20, { inputSize: 40, hiddenSize: 73 });
    const expected = run(reference, given);
    const low: Problem = {
      input: leaf(given.input.to("bfloat16")),
      parameters: given.parameters.map((parameter) => leaf(parameter.to("bfloat16"))),
      lengths: given.lengths,
    };
    const found = run(fused, low);
    assert.deepEqual(new Set(found.map((tensor) => tensor.dtype)), new Set(["bfloat16"]));
    assertClose(found, expected, 0.03);
  });

  it("in bfloat16, many rows at a time as each alone", () => {
    const lengths = Array.from({ length: 37 }, (_, i) => 1 + ((i * 5) % 16));
    const given = problem(lengths, 16, { inputSize: 24, hiddenSize: 80 });
    const input = given.input.to("bfloat16");
    const parameters = given.parameters.map((parameter) => parameter.to("bfloat16"));
    const together = noGrad(() => fused({ input, parameters, lengths }));
    for (const [row, length] of lengths.entries()) {
      const own = { input: input.narrow(0, row, 1), parameters, lengths: [length] };
      const alone = noGrad(() => fused(own));
      assert.deepEqual(together.narrow(0, row, 1).toNumbers(), alone.toNumbers(), `row ${row}`);
    }
    assertClose([together], [reference(given)], 0.03);
  });

  it("under autocast, in bfloat16 with float32 gradients", () => {
    const given = problem([20, 13], 20, { inputSize: 40, hiddenSize: 72 });
    const found = run((each) => autocast("cpu", "bfloat16", () => fused(each)), given);
    assert.equal(found[0]!.dtype, "bfloat16");
    assert.deepEqual(new Set(found.slice(1).map((tensor) => tensor.dtype)), new Set(["float32"]));
    assertClose(found, run(reference, given), 0.03);
  });

  it("where input and weights are not contiguous", () => {
    const given = problem([4, 7], 7, { inputSize: 6, hiddenSize: 10 });
    const transposed = (of: Tensor) => leaf(of.transpose(0, 1).contiguous()).transpose(0, 1);
    const strided: Problem = {
      input: transposed(given.input),
      parameters: given.parameters.map((parameter) =>
        parameter.shape.length === 2 ? transposed(parameter) : parameter,
      ),
      lengths: given.lengths,
    };
    assert.equal(strided.input.isContiguous, false);
    const gradientsOf = (each: Problem) =>
      grad([fused(each)], [each.input, ...each.parameters], { gradOutputs: [weightsOf(2, 7, 20)] });
    const weightsOf = (batch: number, frames: number, width: number) => {
      manualSeed(5);
      return randn([frames, batch, width]).transpose(0, 1);
    };
    assertClose(gradientsOf(strided) as Tensor[], gradientsOf(given) as Tensor[], 1e-6);
  });

  it("by finite differences", () => {
    const given = problem([5, 2], 5, { inputSize: 3, hiddenSize: 4 });
    const [, ...gradients] = run(fused, given);
    const weights = gradientOf([2, 5, 8]);
    const loss = () => noGrad(() => fused(given).mul(weights).sum().item());
    const step = 1e-2;
    [given.input, ...given.parameters].forEach((moved, i) => {
      const direction = randn(moved.shape);
      const shift = (by: number) => noGrad(() => moved.add_(direction, by));
      shift(step);
      const above = loss();
      shift(-2 * step);
      const numeric = (above - loss()) / (2 * step);
      shift(step);
      const analytic = gradients[i]!.mul(direction).sum().item();
      assert.ok(Math.abs(numeric - analytic) < 1e-2, `leaf ${i}: ${numeric} by differences, ${analytic} by backward`);
    });
  });
});

describe("deepspeech::gru", () => {
  it("passes on what is not a number, rather than hiding that training diverged", () => {
    const given = problem([3, 3], 3, { inputSize: 2, hiddenSize: 5 });
    noGrad(() => given.input.narrow(0, 0, 1).mul_(Number.NaN));
    const output = noGrad(() => fused(given));
    assert.ok(output.narrow(0, 0, 1).toNumbers().every(Number.isNaN));
    assert.ok(output.narrow(0, 1, 1).toNumbers().every(Number.isFinite));
  });

  it("saturates where gates are driven far beyond their range", () => {
    for (const scale of [1e4, -1e4, 1e30]) {
      const given = problem([4], 4, { inputSize: 2, hiddenSize: 5 });
      noGrad(() => given.input.mul_(scale));
      assertClose(run(fused, given).slice(0, 1), run(reference, given).slice(0, 1), 1e-5);
    }
  });
});

passesOnEveryWay(import.meta.url);
