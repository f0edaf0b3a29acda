import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  arange,
  cat,
  fromTypedArray,
  full,
  ones,
  rand,
  randn,
  recordOperators,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "./index.js";

describe("tensor()", () => {
  it("takes nested arrays of any depth", () => {
    const made = tensor([
      [[1], [2]],
      [[3], [4]],
      [[5], [6]],
    ]);
    assert.deepEqual([made.shape, made.dtype, made.toNumbers()], [[3, 2, 1], "float32", [1, 2, 3, 4, 5, 6]]);
    assert.deepEqual(tensor([[], []]).shape, [2, 0]);
    assert.deepEqual(tensor([]).shape, [0]);
  });

  const ragged = [
    [[1, 2], [3]],
    [[1], [2, 3], []], // as many numbers as the shape asks for
    [
      [1, 2],
      [3, [4]],
    ],
    [[1], 2],
    [1, [2]],
  ];
  for (const values of ragged) {
    it(`refuses the ragged ${JSON.stringify(values)}`, () => {
      assert.throws(() => tensor(values), {
        name: "TorchError",
        code: "VALUE",
        message: /^tensor\(\): nested arrays must have equal lengths, found a row unlike \[/,
      });
    });
  }

  it("converts to the dtype that is named", () => {
    assert.deepEqual(tensor([1, -2], { dtype: "int64" }).toTypedArray(), BigInt64Array.of(1n, -2n));
    assert.deepEqual(tensor([1.5, -2], { dtype: "bfloat16" }).toTypedArray(), Uint16Array.of(0x3fc0, 0xc000));
    assert.deepEqual(tensor([3, -4], { dtype: "complex64" }).toTypedArray(), Float32Array.of(3, 0, -4, 0));
    assert.deepEqual(tensor([2, 0, -1, 0.5], { dtype: "bool" }).toTypedArray(), Uint8Array.of(1, 0, 1, 1));
    assert.deepEqual(tensor([true, false]).toNumbers(), [1, 0]);
  });

  it("names the dtypes when one is unknown", () => {
    assert.throws(() => zeros([1], { dtype: "float8" as "float32" }), {
      code: "VALUE",
      message:
        "unknown dtype 'float8': float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool, " +
        "complex64 and complex128 are known",
    });
  });
});

describe("fromTypedArray()", () => {
  it("has one dimension and the array's own dtype unless told", () => {
    const made = fromTypedArray(Int16Array.of(1, 2, 3));
    assert.deepEqual([made.shape, made.dtype], [[3], "int16"]);
    assert.equal(fromTypedArray(Buffer.from([1, 2])).dtype, "uint8");
  });

  it("puts the numbers on the device that is named", () => {
    assert.equal(fromTypedArray(Float32Array.of(1, 2), [2], { device: "meta" }).device, "meta");
    assert.equal(tensor([1, 2], { device: "meta", dtype: "float16" }).dtype, "float16");
    assert.equal(tensor([1, 2], { device: "meta", requiresGrad: true }).requiresGrad, true);
  });

  it("refuses a shape of another size", () => {
    assert.throws(() => fromTypedArray(new Float32Array(3), [2, 2]), {
      name: "TorchError",
      code: "VALUE",
      message: "the shape needs 16 bytes, found 12",
    });
  });

  it("refuses an array whose elements have no dtype", () => {
    assert.throws(() => fromTypedArray(new Uint16Array(1)), {
      code: "TYPE",
      message: "a Uint16Array has no dtype of its own: name one",
    });
  });

  it("refuses what is no array", () => {
    const view = Object.assign(new DataView(new ArrayBuffer(4)), { length: 1 });
    assert.throws(() => fromTypedArray(view, [1], { dtype: "float32" }), {
      code: "TYPE",
      message: "expected a typed array",
    });
  });
});

describe("filled, counted, random and joined tensors", () => {
  it("fills", () => {
    assert.deepEqual(zeros([2]).toNumbers(), [0, 0]);
    assert.deepEqual(ones([2], { dtype: "int64" }).toTypedArray(), BigInt64Array.of(1n, 1n));
    assert.deepEqual(full([1, 2], -0.5).toNumbers(), [-0.5, -0.5]);
    assert.equal(full([1], 1, { requiresGrad: true }).requiresGrad, true);
  });

  it("refuses impossible sizes", () => {
    assert.throws(() => zeros([-1]), { code: "LIBTORCH", message: /negative dimension -1/ });
    assert.throws(() => zeros([2 ** 45]), {
      code: "OUT_OF_MEMORY",
      message: /tried to allocate 140737488355328 bytes/,
    });
  });

  it("counts", () => {
    assert.deepEqual(arange(3).toTypedArray(), BigInt64Array.of(0n, 1n, 2n));
    assert.deepEqual(arange(2, 4, { dtype: "float32" }).toNumbers(), [2, 3]);
  });

  it("are made where they belong, and not copied there", () => {
    const options = { device: "meta", dtype: "bfloat16" } as const;
    const made: Tensor[] = [];
    const operators = recordOperators(() => {
      made.push(full([2], 7, options), arange(2, undefined, options), randn([2], options), rand([2], options));
    });
    for (const { device, dtype, shape } of made) assert.deepEqual([device, dtype, shape], ["meta", "bfloat16", [2]]);
    assert.deepEqual(
      operators.filter((name) => /copy|::to$/.test(name)),
      [],
    );
  });

  it("draws numbers of the right distribution", () => {
    const normal = randn([20_000]);
    assert.ok(Math.abs(normal.mean().item()) < 0.05);
    assert.ok(Math.abs(normal.pow(2).mean().item() - 1) < 0.05);
    const uniform = rand([20_000], { dtype: "float64" });
    assert.ok(uniform.min().item() >= 0 && uniform.max().item() < 1);
    assert.ok(Math.abs(uniform.mean().item() - 0.5) < 0.02);
  });

  it("joins along an old and along a new dimension", () => {
    const [a, b] = [tensor([[1, 2]]), tensor([[3, 4]])];
    assert.deepEqual(cat([a, b]).shape, [2, 2]);
    assert.deepEqual(cat([a, b], 1).toNumbers(), [1, 2, 3, 4]);
    assert.deepEqual(stack([a, b], 2).shape, [1, 2, 2]);
    assert.deepEqual(stack([a, b], 2).toNumbers(), [1, 3, 2, 4]);
  });
});
