import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, type Dtype, fromTypedArray, ones, Tensor, type TypedArray, tensor, zeros } from "./index.js";

describe("Tensor: values", () => {
  const arrays: [Dtype, TypedArray][] = [
    ["float32", Float32Array.of(1.5, -0.1, Number.NaN, Number.POSITIVE_INFINITY)],
    ["float64", Float64Array.of(Math.PI, -1e-300, 0, 1e300)],
    ["int64", BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n, -1n)],
    ["int32", Int32Array.of(2 ** 31 - 1, -(2 ** 31), 0, 7)],
    ["int16", Int16Array.of(32767, -32768, 0, 7)],
    ["int8", Int8Array.of(127, -128, 0, 7)],
    ["uint8", Uint8Array.of(255, 0, 1, 7)],
    ["bool", Uint8Array.of(1, 0, 0, 1)],
    ["float16", Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001)],
    ["bfloat16", Uint16Array.of(0x3fc0, 0xc000, 0x7f80, 0x0001)],
    ["complex64", Float32Array.of(1, 2, 3, 4)],
    ["complex128", Float64Array.of(1, 2, 3, 4)],
  ];
  for (const [dtype, array] of arrays) {
    it(`${dtype} goes in and comes out to the bit`, () => {
      const shape = dtype.startsWith("complex") ? [2, 1] : [2, 2];
      const made = fromTypedArray(array, shape, { dtype });
      assert.equal(made.dtype, dtype);
      assert.deepEqual(made.shape, shape);
      assert.deepEqual(made.toTypedArray(), array);
    });
  }

  it("reads the bits of the half-width floats as the numbers they stand for", () => {
    const bfloat16 = fromTypedArray(Uint16Array.of(0x3fc0, 0xc000), [2], { dtype: "bfloat16" });
    assert.deepEqual([...bfloat16.toFloat32Array()], [1.5, -2]);
    assert.deepEqual(bfloat16.toNumbers(), [1.5, -2]);
    const float16 = fromTypedArray(Uint16Array.of(0x3c00, 0xc000), [2], { dtype: "float16" });
    assert.deepEqual(float16.toNumbers(), [1, -2]);
  });

  it("gives integers and truth values as numbers", () => {
    assert.deepEqual(fromTypedArray(BigInt64Array.of(-3n, 9n)).toNumbers(), [-3, 9]);
    assert.deepEqual([...tensor([1, 0], { dtype: "bool" }).toFloat32Array()], [1, 0]);
    assert.equal(tensor([[7]], { dtype: "int64" }).item(), 7);
    assert.equal(tensor(true, { dtype: "bool" }).item(), 1);
  });

  it("reads only the part of a buffer that a typed array shows", () => {
    const whole = Float32Array.of(0, 1, 2, 3, 4);
    assert.deepEqual(fromTypedArray(whole.subarray(1, 4)).toNumbers(), [1, 2, 3]);
  });

  it("copies: what happens to the array afterwards does not reach the tensor, nor the other way", () => {
    const array = Float32Array.of(1, 2);
    const made = fromTypedArray(array);
    array[0] = 9;
    made.toTypedArray()[1] = 9;
    assert.deepEqual(made.toNumbers(), [1, 2]);
  });

  it("reads strided views in row-major order", () => {
    const matrix = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const turned = matrix.transpose(0, 1);
    assert.equal(turned.isContiguous, false);
    assert.deepEqual(turned.toNumbers(), [1, 4, 2, 5, 3, 6]);
    assert.deepEqual([...turned.toFloat32Array()], [1, 4, 2, 5, 3, 6]);
    assert.deepEqual(matrix.select(1, 1).toNumbers(), [2, 5]);
    assert.deepEqual(matrix.narrow(1, 1, 2).toNumbers(), [2, 3, 5, 6]);
    assert.deepEqual(
      tensor([[1], [2]])
        .expand([2, 3])
        .toNumbers(),
      [1, 1, 1, 2, 2, 2],
    );
    assert.equal(turned.contiguous().isContiguous, true);
  });

  it("handles tensors without elements and without dimensions", () => {
    const empty = zeros([0, 3]);
    assert.deepEqual([empty.shape, empty.numel, empty.toNumbers()], [[0, 3], 0, []]);
    assert.equal(empty.sum().item(), 0);
    const scalar = tensor(2.5);
    assert.deepEqual([scalar.shape, scalar.numel, scalar.item()], [[], 1, 2.5]);
  });

  it("item() refuses more than one element, in libtorch's words", () => {
    assert.throws(() => zeros([2, 2]).item(), {
      name: "TorchError",
      code: "LIBTORCH",
      message: "a Tensor with 4 elements cannot be converted to Scalar",
    });
  });

  it("size() counts from either end and refuses what is not there", () => {
    const made = zeros([2, 3, 5]);
    assert.deepEqual([made.size(0), made.size(-1)], [2, 5]);
    assert.throws(() => made.size(3), { name: "RangeError", message: "size(3): the tensor has 3 dimensions" });
  });
});

describe("Tensor: methods", () => {
  const matrix = () =>
    tensor([
      [1, -2],
      [3, 4],
    ]);

  it("arithmetic takes tensors and numbers, and broadcasts", () => {
    const row = tensor([10, 20]);
    assert.deepEqual(matrix().add(row).toNumbers(), [11, 18, 13, 24]);
    assert.deepEqual(matrix().sub(1).toNumbers(), [0, -3, 2, 3]);
    assert.deepEqual(matrix().mul(row).toNumbers(), [10, -40, 30, 80]);
    assert.deepEqual(matrix().div(2).toNumbers(), [0.5, -1, 1.5, 2]);
    assert.deepEqual(matrix().pow(2).toNumbers(), [1, 4, 9, 16]);
    assert.deepEqual(matrix().matmul(matrix()).toNumbers(), [-5, -10, 15, 10]);
    assert.deepEqual(matrix().clamp(0, 3).toNumbers(), [1, 0, 3, 3]);
    assert.deepEqual(matrix().clamp(null, 2).toNumbers(), [1, -2, 2, 2]);
  });

  it("a whole number keeps an integer tensor integer, a fraction makes it floating", () => {
    const integers = tensor([1, 2], { dtype: "int64" });
    assert.equal(integers.mul(2).dtype, "int64");
    assert.equal(integers.mul(0.5).dtype, "float32");
    assert.equal(integers.div(2).dtype, "float32");
  });

  it("reduces over all, one or several dimensions", () => {
    const made = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    assert.equal(made.sum().item(), 21);
    assert.deepEqual(made.sum(0).toNumbers(), [5, 7, 9]);
    assert.deepEqual(made.mean(-1, true).shape, [2, 1]);
    assert.equal(made.sum([0, 1]).item(), 21);
    assert.deepEqual(made.argmax(1).toNumbers(), [2, 2]);
    assert.deepEqual([made.max().item(), made.min().item()], [6, 1]);
    assert.equal(tensor([3, 4]).norm().item(), 5);
  });

  it("compares and chooses", () => {
    const mask = matrix().lt(0);
    assert.equal(mask.dtype, "bool");
    assert.deepEqual(mask.toNumbers(), [0, 1, 0, 0]);
    assert.deepEqual(matrix().maskedFill(mask, 9).toNumbers(), [1, 9, 3, 4]);
    assert.deepEqual(
      matrix()
        .ge(tensor([3, 3]))
        .toNumbers(),
      [0, 0, 1, 1],
    );
    assert.deepEqual(tensor([1, Number.NaN]).isfinite().toNumbers(), [1, 0]);
  });

  it("split gives views of equal length and a shorter last one", () => {
    const parts = tensor([1, 2, 3, 4, 5]).split(2);
    assert.deepEqual(
      parts.map((part) => part.toNumbers()),
      [[1, 2], [3, 4], [5]],
    );
  });

  it("gather picks along a dimension", () => {
    const index = tensor([[1], [0]], { dtype: "int64" });
    assert.deepEqual(matrix().gather(1, index).toNumbers(), [-2, 3]);
  });

  it("in-place methods change the tensor, its views too, and return it", () => {
    const made = ones([2, 2]);
    const view = made.select(0, 1);
    assert.equal(made.add_(tensor([1, 2]), 10).mul_(2), made);
    assert.deepEqual(made.toNumbers(), [22, 42, 22, 42]);
    assert.equal(view.zero_(), view);
    assert.deepEqual(made.toNumbers(), [22, 42, 0, 0]);
    assert.deepEqual(made.copy_(tensor([5, 6], { dtype: "int64" })).toNumbers(), [5, 6, 5, 6]);
    assert.deepEqual(made.fill_(3).toNumbers(), [3, 3, 3, 3]);
  });

  it("to() converts dtypes and names what is neither dtype nor device", () => {
    assert.deepEqual(tensor([1.9, -1.9]).to("int64").toTypedArray(), BigInt64Array.of(1n, -1n));
    assert.throws(() => zeros([1]).to("floot"), /^TorchError: Expected one of cpu, cuda, .*device string: floot$/);
  });

  it("clone is apart from its source, detach is not", () => {
    const source = zeros([2]);
    const [copy, view] = [source.clone(), source.detach()];
    source.fill_(1);
    assert.deepEqual(
      [copy.toNumbers(), view.toNumbers()],
      [
        [0, 0],
        [1, 1],
      ],
    );
  });

  it("operators that return several tensors give an array of them", () => {
    const [values, indices] = call("sort", [tensor([3, 1, 2])]);
    assert.ok(values instanceof Tensor);
    assert.deepEqual(
      [values.toNumbers(), indices.toNumbers()],
      [
        [1, 2, 3],
        [1, 2, 0],
      ],
    );
  });
});
