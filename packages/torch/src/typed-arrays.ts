/** Which typed array holds which dtype. */
import { TorchError } from "./errors.js";
import type { Dtype } from "./native.js";

/** JavaScript's arrays that a tensor can be made of. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array;

type TypedArrayClass = { new (length: number): TypedArray; readonly BYTES_PER_ELEMENT: number };

/** float16 and bfloat16 have no typed array: their bits travel as Uint16Array. Complex numbers travel as pairs. */
const ARRAY_CLASS: Record<Dtype, TypedArrayClass> = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ARRAY_CLASS, name);
}

/** A new typed array with room for `numel` elements of the dtype. */
export function allocate(dtype: Dtype, numel: number): TypedArray {
  return new ARRAY_CLASS[dtype](dtype.startsWith("complex") ? 2 * numel : numel);
}

/**
 * The dtype that a typed array holds by nature.
 * @throws TorchError TYPE for an array that has none (Uint16Array, Uint32Array, BigUint64Array…): name one then.
 */
export function dtypeOf(array: ArrayBufferView): Dtype {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof BigInt64Array) return "int64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Int16Array) return "int16";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Uint8Array) return "uint8";
  throw new TorchError("TYPE", `a ${array.constructor.name} has no dtype of its own: name one`);
}
