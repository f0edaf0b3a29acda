/**
 * Tensor: a typed, documented face for libtorch's tensors. Every method is a line over an operator; what has no method
 * here is one `call` away (call.ts), typed by libtorch's own schemas.
 *
 * Lifetime: see scope.ts. A freed tensor refuses further use with TorchError DISPOSED.
 */
import { call, connectTensors } from "./call.js";
import { type Dtype, native, type TensorHandle } from "./native.js";
import type { Scalar } from "./operator-types.js";
import { Scope } from "./scope.js";
import { allocate, isDtype, type TypedArray } from "./typed-arrays.js";

type Operand = Tensor | Scalar;

let handleOfTensor: (tensor: Tensor) => TensorHandle;

/** An array of libtorch's, on any device. */
export class Tensor {
  readonly #handle: TensorHandle;

  static {
    handleOfTensor = (tensor) => tensor.#handle;
  }

  /** Takes over a native handle; use the functions of creation.ts to make tensors. */
  constructor(handle: TensorHandle) {
    this.#handle = handle;
    Scope.adopt(this);
  }

  // ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────────

  get shape(): readonly number[] {
    return native.shape(this.#handle);
  }

  get dtype(): Dtype {
    return native.dtype(this.#handle);
  }

  /** "cpu", "cuda:0", … */
  get device(): string {
    return native.device(this.#handle);
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  get isContiguous(): boolean {
    return native.isContiguous(this.#handle);
  }

  /** The size of one dimension; negative counts from the end. */
  size(dimension: number): number {
    const size = this.shape.at(dimension);
    if (size === undefined) throw new RangeError(`size(${dimension}): the tensor has ${this.shape.length} dimensions`);
    return size;
  }

  // ── Lifetime ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Frees the tensor now; a second call does nothing. Views of the same storage stay valid. */
  dispose(): void {
    Scope.forget(this);
    native.dispose(this.#handle);
  }

  get isDisposed(): boolean {
    return native.isDisposed(this.#handle);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // ── Values ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The elements in row-major order, in the dtype's own typed array (bits as Uint16Array for float16 and bfloat16). */
  toTypedArray(): TypedArray {
    const array = allocate(this.dtype, this.numel);
    native.copyToBytes(this.#handle, array);
    return array;
  }

  /** The elements in row-major order as 32-bit floats, whatever the dtype. */
  toFloat32Array(): Float32Array {
    const array = new Float32Array(this.numel);
    if (this.dtype === "float32") native.copyToBytes(this.#handle, array);
    else {
      using converted = this.to("float32");
      native.copyToBytes(converted.#handle, array);
    }
    return array;
  }

  /** The elements as numbers, in row-major order. Integers beyond 2^53 lose precision. */
  toNumbers(): number[] {
    const hasTypedArray = !this.dtype.endsWith("float16");
    return Array.from<number | bigint, number>(hasTypedArray ? this.toTypedArray() : this.toFloat32Array(), Number);
  }

  /** The value of a tensor that has one element. */
  item(): number {
    return Number(native.item(this.#handle));
  }

  // ── Autograd ──────────────────────────────────────────────────────────────────────────────────────────────────────

  get requiresGrad(): boolean {
    return native.requiresGrad(this.#handle);
  }

  set requiresGrad(value: boolean) {
    native.setRequiresGrad(this.#handle, value);
  }

  /** The accumulated gradient, or null. Each read makes a new handle: free it by scope. */
  get grad(): Tensor | null {
    const handle = native.grad(this.#handle);
    return handle && new Tensor(handle);
  }

  set grad(value: Tensor | null) {
    native.setGrad(this.#handle, value ? value.#handle : null);
  }

  /** Gradients of this tensor with respect to the graph's leaves, added to their `grad`. */
  backward(options: { gradient?: Tensor; retainGraph?: boolean; createGraph?: boolean } = {}): void {
    const { gradient, createGraph = false, retainGraph = createGraph } = options;
    native.backward([this.#handle], gradient && [gradient.#handle], retainGraph, createGraph);
  }

  detach(): Tensor {
    return call("detach", [this]);
  }

  // ── Where and in what form ────────────────────────────────────────────────────────────────────────────────────────

  /** This tensor in another dtype or on another device; itself (a new handle) where nothing changes. */
  to(target: Dtype | (string & {})): Tensor {
    if (isDtype(target)) return call("to.dtype", [this, target]);
    return call("to.device", [this, target, this.dtype]);
  }

  contiguous(): Tensor {
    return call("contiguous", [this]);
  }

  clone(): Tensor {
    return call("clone", [this]);
  }

  // ── Arithmetic (with broadcasting) ────────────────────────────────────────────────────────────────────────────────

  add(other: Operand): Tensor {
    return isTensor(other) ? call("add.Tensor", [this, other]) : call("add.Scalar", [this, other]);
  }

  sub(other: Operand): Tensor {
    return isTensor(other) ? call("sub.Tensor", [this, other]) : call("sub.Scalar", [this, other]);
  }

  mul(other: Operand): Tensor {
    return isTensor(other) ? call("mul.Tensor", [this, other]) : call("mul.Scalar", [this, other]);
  }

  div(other: Operand): Tensor {
    return isTensor(other) ? call("div.Tensor", [this, other]) : call("div.Scalar", [this, other]);
  }

  pow(exponent: number): Tensor {
    return call("pow.Tensor_Scalar", [this, exponent]);
  }

  neg(): Tensor {
    return call("neg", [this]);
  }

  abs(): Tensor {
    return call("abs", [this]);
  }

  exp(): Tensor {
    return call("exp", [this]);
  }

  log(): Tensor {
    return call("log", [this]);
  }

  sqrt(): Tensor {
    return call("sqrt", [this]);
  }

  clamp(minimum: number | null, maximum: number | null = null): Tensor {
    return call("clamp", [this, minimum, maximum]);
  }

  matmul(other: Tensor): Tensor {
    return call("matmul", [this, other]);
  }

  // ── Arithmetic in place ───────────────────────────────────────────────────────────────────────────────────────────

  /** Adds `alpha * other` in place. */
  add_(other: Operand, alpha = 1): this {
    if (isTensor(other)) call("add_.Tensor", [this, other], { alpha });
    else call("add_.Scalar", [this, other, alpha]);
    return this;
  }

  mul_(other: Operand): this {
    if (isTensor(other)) call("mul_.Tensor", [this, other]);
    else call("mul_.Scalar", [this, other]);
    return this;
  }

  /** Copies the other tensor's values, converted and broadcast, into this one. */
  copy_(other: Tensor): this {
    call("copy_", [this, other]);
    return this;
  }

  fill_(value: Scalar): this {
    call("fill_.Scalar", [this, value]);
    return this;
  }

  zero_(): this {
    call("zero_", [this]);
    return this;
  }

  // ── Comparison and choice ─────────────────────────────────────────────────────────────────────────────────────────

  eq(other: Operand): Tensor {
    return isTensor(other) ? call("eq.Tensor", [this, other]) : call("eq.Scalar", [this, other]);
  }

  lt(other: Operand): Tensor {
    return isTensor(other) ? call("lt.Tensor", [this, other]) : call("lt.Scalar", [this, other]);
  }

  ge(other: Operand): Tensor {
    return isTensor(other) ? call("ge.Tensor", [this, other]) : call("ge.Scalar", [this, other]);
  }

  isfinite(): Tensor {
    return call("isfinite", [this]);
  }

  /** A copy with `value` wherever `mask` is true. */
  maskedFill(mask: Tensor, value: Scalar): Tensor {
    return call("masked_fill.Scalar", [this, mask, value]);
  }

  // ── Reductions ────────────────────────────────────────────────────────────────────────────────────────────────────

  sum(dimensions?: number | readonly number[], keepdim = false): Tensor {
    if (dimensions === undefined) return call("sum", [this]);
    return call("sum.dim_IntList", [this, toList(dimensions), keepdim]);
  }

  mean(dimensions?: number | readonly number[], keepdim = false): Tensor {
    if (dimensions === undefined) return call("mean", [this]);
    return call("mean.dim", [this, toList(dimensions), keepdim]);
  }

  /** The largest element. */
  max(): Tensor {
    return call("max", [this]);
  }

  /** The smallest element. */
  min(): Tensor {
    return call("min", [this]);
  }

  argmax(dimension: number): Tensor {
    return call("argmax", [this, dimension]);
  }

  /** Euclidean norm over all elements. */
  norm(): Tensor {
    return call("norm.Scalar", [this, 2]);
  }

  // ── Shape ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  reshape(shape: readonly number[]): Tensor {
    return call("reshape", [this, shape]);
  }

  transpose(first: number, second: number): Tensor {
    return call("transpose.int", [this, first, second]);
  }

  permute(dimensions: readonly number[]): Tensor {
    return call("permute", [this, dimensions]);
  }

  unsqueeze(dimension: number): Tensor {
    return call("unsqueeze", [this, dimension]);
  }

  squeeze(dimension: number): Tensor {
    return call("squeeze.dim", [this, dimension]);
  }

  expand(shape: readonly number[]): Tensor {
    return call("expand", [this, shape]);
  }

  flip(dimensions: readonly number[]): Tensor {
    return call("flip", [this, dimensions]);
  }

  /** A view of one index of a dimension, which disappears. */
  select(dimension: number, index: number): Tensor {
    return call("select.int", [this, dimension, index]);
  }

  /** A view of `length` indices of a dimension, from `start`. */
  narrow(dimension: number, start: number, length: number): Tensor {
    return call("narrow", [this, dimension, start, length]);
  }

  /** Views along a dimension, each `splitSize` long (the last may be shorter). */
  split(splitSize: number, dimension = 0): Tensor[] {
    return call("split.Tensor", [this, splitSize, dimension]);
  }

  gather(dimension: number, index: Tensor): Tensor {
    return call("gather", [this, dimension, index]);
  }
}

/** The native handle, for the other modules of this package. */
export function handleOf(tensor: Tensor): TensorHandle {
  return handleOfTensor(tensor);
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

function toList(dimensions: number | readonly number[]): readonly number[] {
  return typeof dimensions === "number" ? [dimensions] : dimensions;
}

connectTensors({
  wrap: (handle) => new Tensor(handle),
  handleOf: (value) => (value instanceof Tensor ? handleOfTensor(value) : undefined),
});
