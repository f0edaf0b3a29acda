/** deepspeech::norm_gelu_dropout and deepspeech::dropout against the operators of libtorch that they stand for. */
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { callUntyped } from "../call.js";
import { cat, generatorState, randn, setGeneratorState, zeros } from "../creation.js";
import { defaultGenerator, manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { Dropout } from "./dropout.js";
import { gelu } from "./functional.js";
import { assertClose, INSTRUCTION_SETS, leaf, passesOnEveryWay } from "./kernels.test.support.js";
import { LayerNorm } from "./layer-norm.js";
import { normGeluDropout } from "./norm-gelu-dropout.js";

beforeEach(() => manualSeed(3));

function randomNorm(size: number): LayerNorm {
  const norm = new LayerNorm(size);
  norm.loadStateDict(
    new Map([
      ["weight", randn([size])],
      ["bias", randn([size])],
    ]),
  );
  return norm;
}

/** Output, then the gradients of input, weight and bias. */
function run(layer: (input: Tensor) => Tensor, input: Tensor, norm: LayerNorm): Tensor[] {
  const leaves = [input, norm.weight, norm.bias];
  for (const each of leaves) each.grad = null;
  const output = layer(input);
  manualSeed(7);
  output.backward({ gradient: randn(output.shape).to(output.dtype) });
  return [output.detach(), ...leaves.map((each) => each.grad!.clone())];
}

const SHAPES: [shape: number[], lengths?: number[]][] = [
  [[2, 3, 5, 64]],
  [
    [2, 3, 5, 64],
    [5, 2],
  ],
  [
    [3, 7, 33],
    [0, 7, 4],
  ],
  [[1, 4, 2]],
  [
    [2, 130, 512],
    [130, 77],
  ],
  [
    [4, 100, 16],
    [1, 100, 50, 99],
  ],
];

/** Each utterance's valid frames, the rest zero. */
function zeroBeyond(output: Tensor, lengths: readonly number[] | undefined): Tensor {
  if (!lengths) return output;
  const axis = output.shape.length - 2;
  const rows = lengths.map((length, row) => {
    const valid = output.narrow(0, row, 1).narrow(axis, 0, length);
    const rest = [...valid.shape];
    rest[axis] = output.size(axis) - length;
    return cat([valid, zeros(rest)], axis);
  });
  return cat(rows, 0);
}

describe("normGeluDropout() equals its parts, forward and backward", () => {
  for (const [shape, lengths] of SHAPES) {
    for (const threads of [1, 2]) {
      it(`[${shape}]${lengths ? `, lengths ${lengths}` : ""}, ${threads} thread${threads > 1 ? "s" : ""}`, () => {
        const before = numThreads();
        setNumThreads(threads);
        const norm = randomNorm(shape.at(-1)!);
        const input = leaf(randn(shape).mul(3).add(1));
        const composed = (x: Tensor) => zeroBeyond(gelu(norm.forward(x)), lengths);
        assertClose(
          run((x) => normGeluDropout(x, norm, { lengths }), input, norm),
          run(composed, input, norm),
          2e-5,
        );
        setNumThreads(before);
      });
    }
  }

  it("in bfloat16, within its precision", () => {
    const norm = randomNorm(64);
    const input = leaf(randn([2, 9, 64]));
    const low = leaf(input.detach().to("bfloat16"));
    const found = run((x) => normGeluDropout(x, norm), low, norm);
    assert.deepEqual(
      found.map(({ dtype }) => dtype),
      ["bfloat16", "bfloat16", "float32", "float32"],
    );
    assertClose(
      found,
      run((x) => gelu(norm.forward(x)), input, norm),
      0.03,
    );
  });

  it("where the input and its gradient are not contiguous", () => {
    const norm = randomNorm(24);
    const input = leaf(randn([5, 3, 24]));
    const layer = (f: (x: Tensor) => Tensor) => (x: Tensor) => f(x.transpose(0, 1)).transpose(0, 1);
    assertClose(
      run(
        layer((x) => normGeluDropout(x, norm)),
        input,
        norm,
      ),
      run(
        layer((x) => gelu(norm.forward(x))),
        input,
        norm,
      ),
      2e-5,
    );
  });

  it("far out in the normal distribution's tails, without losing what is small", () => {
    const norm = randomNorm(1);
    norm.loadStateDict(
      new Map([
        ["weight", zeros([1])],
        ["bias", zeros([1]).add(-5)],
      ]),
    );
    // −5 · Φ(−5)
    const found = normGeluDropout(randn([1, 1, 1]), norm).item();
    assert.ok(Math.abs(found / -1.43325786e-6 - 1) < 1e-5, String(found));
  });
});

describe("dropout within normGeluDropout()", () => {
  const norm = randomNorm(40);
  const dropout = new Dropout(0.3);

  it("drops its share, scales the rest, and drops the same gradients", () => {
    const input = leaf(randn([4, 500, 40]));
    const kept = normGeluDropout(input, norm);
    const [output, gradient] = run((x) => normGeluDropout(x, norm, { dropout }), input, norm);
    const [values, all] = [output!.toNumbers(), kept.toNumbers()];
    const dropped = values.filter((value) => value === 0).length / values.length;
    assert.ok(Math.abs(dropped - 0.3) < 0.005, `${dropped}`);
    assert.ok(
      values.every((value, i) => value === 0 || Math.abs(value - all[i]! / 0.7) < 1e-5 * (1 + Math.abs(value))),
    );
    assert.ok(gradient!.abs().sum().item() > 0);
  });

  it("has the gradient that finite differences of the same mask have", () => {
    const input = leaf(randn([2, 3, 40]));
    const weights = randn([2, 3, 40]);
    const loss = (x: Tensor) => {
      manualSeed(11);
      return normGeluDropout(x, norm, { dropout }).mul(weights).sum();
    };
    input.grad = null;
    loss(input).backward();
    const direction = randn(input.shape);
    const at = (by: number) => loss(input.detach().add(direction.mul(by))).item();
    const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
    const analytic = input.grad!.mul(direction).sum().item();
    assert.ok(Math.abs(numeric - analytic) < 2e-2, `${numeric} by differences, ${analytic} by backward`);
  });

  it("draws from the default generator: its state repeats the masks, on any number of threads", () => {
    const input = randn([4, 600, 40]);
    const state = generatorState(defaultGenerator());
    const draw = () => normGeluDropout(input, norm, { dropout }).toNumbers();
    const first = draw();
    assert.notDeepEqual(draw(), first);
    setGeneratorState(defaultGenerator(), state);
    const before = numThreads();
    setNumThreads(2);
    assert.deepEqual(draw(), first);
    setNumThreads(before);
  });

  it("is away in evaluation", () => {
    const input = randn([1, 3, 40]);
    const resting = new Dropout(0.3).eval();
    assert.deepEqual(
      normGeluDropout(input, norm, { dropout: resting }).toNumbers(),
      normGeluDropout(input, norm).toNumbers(),
    );
  });
});

describe("Dropout", () => {
  it("drops rows, columns and neighbours independently", () => {
    const [rows, columns] = [2000, 64];
    const kept = new Dropout(0.5).forward(zeros([rows, columns]).add(0.5));
    const share = (tensor: Tensor) => tensor.mean().item();
    const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 0.01, `${value}`);
    near(share(kept), 0.5);
    near(share(kept.narrow(1, 1, columns - 1).mul(kept.narrow(1, 0, columns - 1))), 0.25);
    near(share(kept.narrow(0, 1, rows - 1).mul(kept.narrow(0, 0, rows - 1))), 0.25);
    const columnShares = kept.mean(0).toNumbers();
    assert.ok(
      columnShares.every((each) => Math.abs(each - 0.5) < 0.06),
      String(columnShares),
    );
  });

  it("sends the gradient back through what it kept", () => {
    const input = leaf(randn([30, 7]));
    const output = new Dropout(0.4).forward(input);
    output.backward({ gradient: zeros([30, 7]).add(1) });
    const [values, gradient, original] = [output.toNumbers(), input.grad!.toNumbers(), input.toNumbers()];
    for (const [i, value] of values.entries()) {
      assert.ok(Math.abs(value - gradient[i]! * original[i]!) < 1e-5);
      assert.ok(gradient[i] === 0 || Math.abs(gradient[i]! - 1 / 0.6) < 1e-6);
    }
  });
});

describe("deepspeech::norm_gelu_dropout", () => {
  const wrong: [string, () => unknown[], RegExp][] = [
    [
      "an input of one axis",
      () => [randn([4]), randn([4]), randn([4]), 1e-5, 0],
      /must be \[B, ..., T, N\], found \[4\]/,
    ],
    [
      "a weight of another size",
      () => [randn([1, 2, 4]), randn([3]), randn([4]), 1e-5, 0],
      /must be float32 \[4\] on the CPU/,
    ],
    [
      "a length beyond the frames",
      () => [randn([1, 2, 4]), randn([4]), randn([4]), 1e-5, 0, [3]],
      /must be in 0…2, found 3/,
    ],
    [
      "too few lengths",
      () => [randn([2, 2, 4]), randn([4]), randn([4]), 1e-5, 0, [1]],
      /found 1 lengths for a batch of 2/,
    ],
    ["a probability of one", () => [randn([1, 2, 4]), randn([4]), randn([4]), 1e-5, 1], /must be in \[0, 1\), found 1/],
  ];
  for (const [what, given, message] of wrong) {
    it(`refuses ${what}`, () => {
      assert.throws(() => callUntyped("deepspeech::norm_gelu_dropout", given()), { code: "VALUE", message });
    });
  }

  it("refuses other dtypes, as deepspeech::dropout does", () => {
    const wide = randn([1, 2, 4]).to("float64");
    for (const [name, given] of [
      ["norm_gelu_dropout", [wide, randn([4]), randn([4]), 1e-5, 0]],
      ["dropout", [wide, 0.5]],
    ] as const) {
      const message = new RegExp(`deepspeech::${name}: input must be float32 or bfloat16, found Double`);
      assert.throws(() => callUntyped(`deepspeech::${name}`, given), { code: "TYPE", message });
    }
  });

  it("passes on what is not a number", () => {
    const input = randn([1, 2, 8]);
    input.narrow(1, 0, 1).mul_(Number.NaN);
    const values = normGeluDropout(input, new LayerNorm(8)).toNumbers();
    assert.deepEqual(
      values.map(Number.isNaN),
      values.map((_, i) => i < 8),
    );
  });
});

passesOnEveryWay(import.meta.url, INSTRUCTION_SETS);
