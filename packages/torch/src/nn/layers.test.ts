import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { liveMemory, manualSeed, nn, ones, randn, tensor, zeros } from "../index.js";

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

describe("Dropout", () => {
  manualSeed(5);
  const numel = 100_000;

  it("zeroes a share p and scales the rest, so that the mean stays", () => {
    const values = new nn.Dropout(0.25).forward(ones([numel])).toNumbers();
    const dropped = values.filter((value) => value === 0).length / numel;
    assert.ok(Math.abs(dropped - 0.25) < 0.007, `${dropped} dropped`); // five standard deviations
    assert.ok(values.every((value) => value === 0 || value === Math.fround(1 / 0.75)));
  });

  it("draws anew each time, and the same from the same seed", () => {
    const dropout = new nn.Dropout();
    const draw = () => dropout.forward(ones([64])).toNumbers();
    manualSeed(1);
    const first = draw();
    assert.notDeepEqual(draw(), first);
    manualSeed(1);
    assert.deepEqual(draw(), first);
  });

  it("passes its input through in evaluation, or with p = 0", () => {
    const input = randn([8]);
    assert.equal(new nn.Dropout(0.9).eval().forward(input), input);
    assert.equal(new nn.Dropout(0).forward(input), input);
  });

  it("refuses p outside [0, 1)", () => {
    assert.throws(() => new nn.Dropout(1), { name: "RangeError", message: "Dropout: p must be in [0, 1), found 1" });
    assert.throws(() => new nn.Dropout(Number.NaN), { message: "Dropout: p must be in [0, 1), found NaN" });
  });
});

describe("initial values", () => {
  it("of Linear, Conv2d and GRU are uniform within PyTorch's bounds", () => {
    const layers: [nn.Module, number][] = [
      [new nn.Linear(25, 200), 1 / 5],
      [new nn.Conv2d(4, 100, 3), 1 / 6],
      [new nn.GRU(7, 64), 1 / 8],
    ];
    for (const [layer, bound] of layers) {
      const values = layer.parameters().flatMap((parameter) => parameter.toNumbers());
      assert.ok(largest(values) <= bound + 1e-7);
      assert.ok(largest(values) > 0.95 * bound);
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      assert.ok(Math.abs(variance / (bound * bound) - 1 / 3) < 0.05, `variance ${variance}`);
    }
  });

  it("of LayerNorm are one and zero", () => {
    const { weight, bias } = new nn.LayerNorm(3);
    assert.deepEqual(
      [weight.toNumbers(), bias.toNumbers()],
      [
        [1, 1, 1],
        [0, 0, 0],
      ],
    );
  });

  for (const [rows, columns] of [
    [6, 4],
    [4, 6],
    [5, 5],
  ] as const) {
    it(`orthogonal_ makes a [${rows}, ${columns}] matrix orthonormal in place, a parameter too`, () => {
      const matrix = zeros([rows, columns], { requiresGrad: true });
      assert.equal(nn.init.orthogonal_(matrix), matrix);
      assert.equal(matrix.requiresGrad, true);
      const turned = matrix.transpose(0, 1);
      const product = (rows >= columns ? turned.matmul(matrix) : matrix.matmul(turned)).toNumbers();
      const size = Math.min(rows, columns);
      const errors = product.map((value, i) => value - (i % (size + 1) === 0 ? 1 : 0));
      assert.ok(largest(errors) < 1e-5, `${largest(errors)} from the identity`);
    });
  }

  it("uniform spreads evenly around zero", () => {
    const values = nn.init.uniform([10_000], 0.5);
    assert.ok(values.min().item() >= -0.5 && values.max().item() < 0.5);
    assert.ok(Math.abs(values.mean().item()) < 0.015);
  });
});

describe("Conv2d", () => {
  it("has PyTorch's output size", () => {
    const shape = (kernel: number, options: nn.Conv2dOptions) =>
      new nn.Conv2d(1, 2, kernel, options).forward(zeros([3, 1, 8, 11])).shape;
    assert.deepEqual(shape(3, { stride: 2, padding: 1 }), [3, 2, 4, 6]);
    assert.deepEqual(shape(3, { stride: [2, 1], padding: [1, 0] }), [3, 2, 4, 9]);
    assert.deepEqual(shape(1, {}), [3, 2, 8, 11]);
  });
});

describe("Sequential", () => {
  it("applies its layers in order", () => {
    const [first, second] = [new nn.Linear(2, 2), new nn.LayerNorm(2)];
    const input = randn([3, 2]);
    const expected = second.forward(first.forward(input)).toNumbers();
    assert.deepEqual(new nn.Sequential(first, second).forward(input).toNumbers(), expected);
  });
});

describe("functional", () => {
  it("pad adds values at the ends of the last axes", () => {
    const padded = nn.functional.pad(tensor([[1, 2]]), [0, 1, 1, 0], 9);
    assert.deepEqual(
      [padded.shape, padded.toNumbers()],
      [
        [2, 3],
        [9, 9, 9, 1, 2, 9],
      ],
    );
  });

  it("softmax and logSoftmax normalise", () => {
    const input = randn([2, 5]);
    const sums = nn.functional.softmax(input, 1).sum(1).toNumbers();
    assert.ok(largest(sums.map((sum) => sum - 1)) < 1e-6);
    const logSums = nn.functional.logSoftmax(input, 0).exp().sum(0).toNumbers();
    assert.ok(largest(logSums.map((sum) => sum - 1)) < 1e-6);
  });

  it("lengthMask follows each row's length", () => {
    assert.deepEqual(nn.lengthMask([2, 0, 3], 3).toNumbers(), [1, 1, 0, 0, 0, 0, 1, 1, 1]);
    assert.equal(nn.lengthMask([1], 2, "cpu", "bfloat16").dtype, "bfloat16");
    const before = liveMemory().tensors;
    const mask = nn.lengthMask([1], 2);
    assert.equal(liveMemory().tensors - before, 1);
    assert.equal(mask.dtype, "float32");
  });
});
