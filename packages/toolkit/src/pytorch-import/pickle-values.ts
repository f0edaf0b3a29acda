/**
 * What the unpickler makes of Python's objects. None, booleans, numbers, strings and bytes become JavaScript's; lists and
 * tuples arrays, dicts maps, sets sets; the classes here stand for the rest.
 */
import type { Dtype } from "@deepspeech-ts/torch";

/**
 * An object, or the class or function that makes one, which this importer does not know. It takes whatever is done to
 * it and keeps nothing of it; only who needs its value has to refuse it.
 */
export class Unknown {
  /** @param typeName with its module: "argparse.Namespace" */
  constructor(readonly typeName: string) {}
}

/** A class or function that is known. `build` is ours; nothing of Python's is run. */
export class KnownGlobal {
  constructor(
    readonly typeName: string,
    readonly build: (args: readonly unknown[], fail: (reason: string) => never) => unknown,
  ) {}
}

/** The class of a storage: what its elements are. */
export class StorageType {
  constructor(
    readonly dtype: Dtype,
    readonly elementBytes: number,
  ) {}
}

/** A named block of elements, elsewhere in the file; tensors are views of it. */
export class Storage {
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly numElements: number,
  ) {}
}

/** A tensor whose elements have not been read: element [i, j, …] is the storage's `offset + i·strides[0] + j·strides[1] + …`. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get numElements(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }
}

/** What a value is, for messages: "a dict", "argparse.Namespace". */
export function describeValue(value: unknown): string {
  if (value instanceof Unknown) return value.typeName;
  if (value instanceof Map) return "a dict";
  if (value instanceof StoredTensor) return "a tensor";
  if (Array.isArray(value)) return "a list";
  if (value === null) return "None";
  return `a ${typeof value}`;
}
