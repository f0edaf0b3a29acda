/** Making tensors: from JavaScript values, filled, random, or joined from others. */

import { call } from "./call.js";
import { TorchError } from "./errors.js";
import { type Dtype, type GeneratorHandle, native } from "./native.js";
import type { Scalar } from "./operator-types.js";
import type { Generator } from "./random.js";
import { handleOf, Tensor } from "./tensor.js";
import { allocate, dtypeOf } from "./typed-arrays.js";

/** What a new tensor is like. */
export interface TensorOptions {
  /** Default: float32, or the typed array's own. */
  dtype?: Dtype;
  /** Default: "cpu". */
  device?: string;
  /** Record operations on it for autograd. Default: false. */
  requiresGrad?: boolean;
}

/** Numbers nested to any depth: [[1, 2], [3, 4]]. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/**
 * A tensor from a typed array, with one copy. The array's kind gives the dtype, unless one of the same width is named.
 *
 * @param shape default: one dimension
 * @throws TorchError VALUE where the shape does not fit the array's length
 */
export function fromTypedArray(
  array: ArrayBufferView & { readonly length: number },
  shape: readonly number[] = [array.length],
  options: TensorOptions = {},
): Tensor {
  return withGrad(fromArray(array, shape, { ...options, dtype: options.dtype ?? dtypeOf(array) }), options);
}

/** Nobody waits for the device: the copy to it is done when the device comes to it. */
function fromArray(
  array: ArrayBufferView,
  shape: readonly number[],
  { dtype, device = "cpu" }: { dtype: Dtype; device?: string },
): Tensor {
  return new Tensor(native.fromBytes(array, shape, dtype, device));
}

/**
 * A tensor from nested numbers, as `torch.tensor`: `tensor([[1, 2], [3, 4]])`.
 * @throws TorchError VALUE where rows differ in length
 */
export function tensor(values: NestedNumbers, options: TensorOptions = {}): Tensor {
  const shape = shapeOf(values);
  if (!fits(values, shape)) {
    throw new TorchError("VALUE", `tensor(): nested arrays must have equal lengths, found a row unlike [${shape}]`);
  }
  const flat = (Array.isArray(values) ? values.flat(Number.POSITIVE_INFINITY) : [values]) as number[];
  const placed = { ...options, dtype: options.dtype ?? "float32" };
  return withGrad(fromNumbers(flat, shape, placed), options);
}

function fromNumbers(
  flat: readonly number[],
  shape: readonly number[],
  options: TensorOptions & { dtype: Dtype },
): Tensor {
  const { dtype } = options;
  if (dtype === "int64") return fromArray(BigInt64Array.from(flat, BigInt), shape, options);
  if (/16$|^complex/.test(dtype)) {
    return fromArray(Float32Array.from(flat), shape, { ...options, dtype: "float32" }).to(dtype);
  }
  const array = allocate(dtype, flat.length) as Float32Array;
  array.set(dtype === "bool" ? flat.map((value) => (value ? 1 : 0)) : flat);
  return fromArray(array, shape, options);
}

function shapeOf(values: NestedNumbers): number[] {
  return Array.isArray(values) ? [values.length, ...(values.length > 0 ? shapeOf(values[0]) : [])] : [];
}

/** Whether each nested array has the length that the shape gives its depth. */
function fits(values: NestedNumbers, [size, ...inner]: readonly number[]): boolean {
  if (!Array.isArray(values)) return size === undefined;
  return values.length === size && values.every((row: NestedNumbers) => fits(row, inner));
}

function withGrad(made: Tensor, { requiresGrad = false }: TensorOptions): Tensor {
  if (requiresGrad) made.requiresGrad = true;
  return made;
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: readonly number[], options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** A tensor of one value. */
export function full(shape: readonly number[], value: Scalar, options: TensorOptions = {}): Tensor {
  const { dtype = "float32", device = "cpu" } = options;
  return withGrad(call("full", [shape, value], { dtype, device }), options);
}

/** 0, 1, …, end - 1; or start, start + 1, …, end - 1. int64 unless told. */
export function arange(start: number, end?: number, options: TensorOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const { dtype = "int64", device = "cpu" } = options;
  return withGrad(call("arange.start", [from, to], { dtype, device }), options);
}

/** Standard normal numbers. */
export function randn(shape: readonly number[], options: TensorOptions & { generator?: Generator } = {}): Tensor {
  const made = full(shape, 0, { ...options, requiresGrad: false });
  call("normal_", [made, 0, 1], { generator: options.generator ?? null });
  return withGrad(made, options);
}

/** Numbers uniform in [0, 1). */
export function rand(shape: readonly number[], options: TensorOptions & { generator?: Generator } = {}): Tensor {
  const made = full(shape, 0, { ...options, requiresGrad: false });
  call("uniform_", [made, 0, 1], { generator: options.generator ?? null });
  return withGrad(made, options);
}

/** Joins tensors along a dimension they have. */
export function cat(tensors: readonly Tensor[], dimension = 0): Tensor {
  return call("cat", [tensors, dimension]);
}

/** Joins tensors of one shape along a new dimension. */
export function stack(tensors: readonly Tensor[], dimension = 0): Tensor {
  return call("stack", [tensors, dimension]);
}

/** The whole state of a generator, as bytes: what exact resume saves. */
export function generatorState(generator: Generator): Tensor {
  return new Tensor(native.generatorState(generator.handle));
}

/** Sets a generator to a state that `generatorState` gave. */
export function setGeneratorState(generator: { readonly handle: GeneratorHandle }, state: Tensor): void {
  native.setGeneratorState(generator.handle, handleOf(state));
}
