/**
 * deepspeech::gru against libtorch's own gru, which runs each utterance alone. The whole file runs once more for each
 * lower instruction set of this processor, in a process of its own.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { autocast, grad, noGrad } from "../autograd.js";
import { cat, ones, randn, zeros } from "../creation.js";
import { manualSeed } from "../random.js";
import { liveMemory, numThreads, setNumThreads } from "../runtime.js";
import { tidy } from "../scope.js";
import { call, callUntyped, type Tensor } from "../tensor.js";
import { GRU } from "./gru.js";

interface Problem {
  input: Tensor;
  /** Four of each direction. */
  parameters: Tensor[];
  lengths: number[];
}

interface Sizes {
  inputSize: number;
  hiddenSize: number;
  directions?: 1 | 2;
}

function leaf(made: Tensor): Tensor {
  const detached = made.detach();
  detached.requiresGrad = true;
  return detached;
}

function problem(lengths: number[], frames: number, { inputSize, hiddenSize, directions = 2 }: Sizes): Problem {
  const scale = 1 / Math.sqrt(hiddenSize);
  const shapes = [[3 * hiddenSize, inputSize], [3 * hiddenSize, hiddenSize], [3 * hiddenSize], [3 * hiddenSize]];
  return {
    input: leaf(randn([lengths.length, frames, inputSize])),
    parameters: Array.from({ length: directions }, () => shapes.map((shape) => leaf(randn(shape).mul(scale)))).flat(),
    lengths,
  };
}

function fused({ input, parameters, lengths }: Problem): Tensor {
  return callUntyped("deepspeech::gru", [input, parameters, lengths]) as Tensor;
}

/** libtorch's own gru over each utterance alone. */
function reference({ input, parameters, lengths }: Problem): Tensor {
  const directions = parameters.length / 4;
  const [, frames = 0] = input.shape;
  const hiddenSize = parameters[3]!.size(0) / 3;
  const rows = lengths.map((length, row) => {
    const padding = zeros([1, frames - length, directions * hiddenSize]);
    if (length === 0) return padding;
    const state = zeros([directions, 1, hiddenSize]);
    const utterance = input.narrow(0, row, 1).narrow(1, 0, length);
    const output = call("gru.input", [utterance, state, parameters, true, 1, 0, true, directions === 2, true])[0];
    return cat([output, padding], 1);
  });
  return cat(rows, 0);
}

/** What `run` gives as the gradient of an output: always the same. */
function gradientOf(shape: readonly number[]): Tensor {
  manualSeed(99);
  return randn(shape);
}

/** Output, then the gradients of input and parameters, for a fixed random gradient of the output. */
function run(layer: (problem: Problem) => Tensor, given: Problem): Tensor[] {
  const leaves = [given.input, ...given.parameters];
  for (const leaf of leaves) leaf.grad = null;
  const output = layer(given);
  output.backward({ gradient: gradientOf(output.shape).to(output.dtype) });
  return [output.detach(), ...leaves.map((leaf) => leaf.grad!.clone())];
}

/** The largest difference of each pair, over the largest value of its second, or 1 where that is smaller. */
function differences(found: Tensor[], expected: Tensor[]): number[] {
  return found.map((a, i) => {
    const b = expected[i]!.to("float32");
    assert.deepEqual(a.shape, b.shape);
    if (b.numel === 0) return 0;
    return a.to("float32").sub(b).abs().max().item() / Math.max(1, b.abs().max().item());
  });
}

function assertClose(found: Tensor[], expected: Tensor[], tolerance: number): void {
  differences(found, expected).forEach((difference, i) => {
    assert.ok(difference <= tolerance, `result ${i} differs by ${difference}`);
  });
}

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
    const given = problem([20, 13, 1, 0, 18], 20, { inputSize: 40, hiddenSize: 72 });
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
  it("gives an utterance the same output in any batch", () => {
    const given = problem([6, 9, 2, 9, 4, 1, 9, 3, 5, 7], 9, { inputSize: 16, hiddenSize: 40 });
    const whole = noGrad(() => fused(given));
    given.lengths.forEach((length, row) => {
      const [input, parameters] = [given.input.narrow(0, row, 1).narrow(1, 0, length), given.parameters];
      const alone = noGrad(() => fused({ input, parameters, lengths: [length] }));
      assertClose([alone], [whole.narrow(0, row, 1).narrow(1, 0, length)], 1e-6);
    });
  });

  it("is zero beyond each length, and its input has no gradient there", () => {
    const given = problem([2, 0, 5], 5, { inputSize: 4, hiddenSize: 6 });
    const [output, gradient] = run(fused, given);
    given.lengths.forEach((length, row) => {
      for (const tensor of [output!, gradient!]) {
        const beyond = tensor.narrow(0, row, 1).narrow(1, length, 5 - length);
        assert.ok(beyond.toNumbers().every((value) => value === 0));
      }
    });
  });

  it("takes all frames where no lengths are given", () => {
    const given = problem([4, 4], 4, { inputSize: 3, hiddenSize: 5 });
    const output = callUntyped("deepspeech::gru", [given.input, given.parameters]) as Tensor;
    assert.deepEqual(output.toNumbers(), fused(given).toNumbers());
  });

  it("takes an empty batch and no frames", () => {
    for (const [lengths, frames] of [[[], 3] as const, [[0, 0], 0] as const]) {
      const given = problem([...lengths], frames, { inputSize: 3, hiddenSize: 5 });
      const [output, inputGradient, ...parameterGradients] = run(fused, given);
      assert.deepEqual(output!.shape, [lengths.length, frames, 10]);
      assert.deepEqual(inputGradient!.shape, given.input.shape);
      for (const gradient of parameterGradients) assert.ok(gradient.toNumbers().every((value) => value === 0));
    }
  });

  it("gives gradients to those that want them", () => {
    const given = problem([3, 5], 5, { inputSize: 3, hiddenSize: 4 });
    const [, inputGradient, firstWeightGradient] = run(fused, given);
    const frozen = given.parameters.map((parameter) => parameter.detach());
    const [onlyInput] = grad(
      [
        fused({ ...given, parameters: frozen })
          .mul(gradientOf([2, 5, 8]))
          .sum(),
      ],
      [given.input],
    );
    assertClose([onlyInput!], [inputGradient!], 1e-6);
    const [weight, ...rest] = given.parameters;
    const mixed = {
      ...given,
      input: given.input.detach(),
      parameters: [weight!, ...rest.map((each) => each.detach())],
    };
    const [onlyWeight] = grad(
      [
        fused(mixed)
          .mul(gradientOf([2, 5, 8]))
          .sum(),
      ],
      [weight!],
    );
    assertClose([onlyWeight!], [firstWeightGradient!], 1e-6);
  });

  it("records nothing within noGrad, and gives the same output", () => {
    const given = problem([3, 5], 5, { inputSize: 3, hiddenSize: 4 });
    const output = noGrad(() => fused(given));
    assert.equal(output.requiresGrad, false);
    assert.deepEqual(output.toNumbers(), fused(given).toNumbers());
  });

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

  it("keeps no tensor alive over repeated calls", () => {
    const given = problem([30, 20], 30, { inputSize: 16, hiddenSize: 32 });
    const step = () => {
      tidy(() => {
        fused(given).sum().backward();
        for (const each of [given.input, ...given.parameters]) each.grad = null;
      });
      return liveMemory();
    };
    const first = step();
    for (let i = 0; i < 20; i++) assert.deepEqual(step(), first);
  });

  const valid = () => problem([3, 2], 3, { inputSize: 4, hiddenSize: 5 });
  const withParameter = (index: number, replacement: Tensor) => ({
    ...valid(),
    parameters: valid().parameters.with(index, replacement),
  });
  const refused: [what: string, given: () => Problem, code: string, message: string][] = [
    [
      "an input without a batch",
      () => ({ ...valid(), input: ones([3, 4]) }),
      "VALUE",
      "deepspeech::gru: input must be [B, T, inputSize], found [3, 4]",
    ],
    [
      "an input of another width",
      () => ({ ...valid(), input: ones([2, 3, 6]) }),
      "VALUE",
      "deepspeech::gru: weight_ih must be [15, 6], found [15, 4]",
    ],
    [
      "a recurrent weight of another width",
      () => withParameter(5, ones([15, 6])),
      "VALUE",
      "deepspeech::gru: weight_hh must be [15, 5], found [15, 6]",
    ],
    [
      "a bias of another length",
      () => withParameter(2, ones([14])),
      "VALUE",
      "deepspeech::gru: bias_ih must be [15], found [14]",
    ],
    [
      "parameters that are missing",
      () => ({ ...valid(), parameters: valid().parameters.slice(1) }),
      "VALUE",
      "deepspeech::gru: needs 4 parameters for each of 1 or 2 directions, found 7",
    ],
    [
      "an input of another dtype",
      () => ({ ...valid(), input: ones([2, 3, 4], { dtype: "float64" }) }),
      "TYPE",
      "deepspeech::gru: input must be float32 or bfloat16, found Double",
    ],
    [
      "parameters of another dtype",
      () => withParameter(1, ones([15, 5], { dtype: "bfloat16" })),
      "TYPE",
      "deepspeech::gru: weight_hh must be Float as the input is, found BFloat16",
    ],
    [
      "too few lengths",
      () => ({ ...valid(), lengths: [3] }),
      "VALUE",
      "deepspeech::gru: found 1 lengths for a batch of 2",
    ],
    [
      "a length beyond the input",
      () => ({ ...valid(), lengths: [3, 4] }),
      "VALUE",
      "deepspeech::gru: lengths must be in 0…3, found 4",
    ],
  ];
  for (const [what, given, code, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => fused(given()), { name: "TorchError", code, message });
      assert.throws(() => noGrad(() => fused(given())), { name: "TorchError", code, message });
    });
  }

  it("refuses a second derivative", () => {
    const given = problem([3, 2], 3, { inputSize: 4, hiddenSize: 5 });
    assert.throws(() => grad([fused(given).sum()], [given.input], { createGraph: true }), {
      name: "TorchError",
      code: "LIBTORCH",
      message: "deepspeech::gru has no second derivative: call backward without createGraph",
    });
  });
});

describe("nn.GRU", () => {
  it("runs the operator on the CPU, layer upon layer", () => {
    const layer = new GRU(4, 6, { numLayers: 2, bidirectional: true });
    const [input, lengths] = [randn([3, 5, 4]), [5, 2, 3]];
    const parameters = layer.parameters();
    const below = fused({ input, parameters: parameters.slice(0, 8), lengths });
    const expected = fused({ input: below, parameters: parameters.slice(8), lengths });
    assert.deepEqual(layer.forward(input, lengths).toNumbers(), expected.toNumbers());
  });
});

const CAPABILITY = "ATEN_CPU_CAPABILITY";

describe("every instruction set", { skip: process.env[CAPABILITY] !== undefined }, () => {
  for (const capability of ["default", "avx2"]) {
    it(`passes these tests: ${capability}`, () => {
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      execFileSync(process.execPath, ["--test", fileURLToPath(import.meta.url)], {
        env: { ...environment, [CAPABILITY]: capability },
      });
    });
  }
});
