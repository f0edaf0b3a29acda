/** `call`: the one door to libtorch's operators, typed by its own schemas. */
import { types } from "node:util";
import type { Operators } from "./generated/operators.js";
import { native, type TensorHandle } from "./native.js";
import { Generator } from "./random.js";
import type { Tensor } from "./tensor.js";

/** How values pass through the door. Tensor's methods call operators, so tensor.ts stands on this file and connects. */
interface TensorFace {
  wrap(handle: TensorHandle): Tensor;
  /** The handle of a tensor; undefined for any other value. */
  handleOf(value: unknown): TensorHandle | undefined;
}

let tensors: TensorFace;

export function connectTensors(face: TensorFace): void {
  tensors = face;
}

type OperatorName = keyof Operators;

/**
 * Calls an operator of libtorch, `name` or `name.overload`, with positional arguments and arguments by name. Its types
 * come from libtorch's schemas (tools/generate-operators.mjs). An in-place operator returns its own first argument.
 *
 * @throws TorchError with libtorch's message; UNKNOWN_OPERATOR where this libtorch lacks the operator.
 */
export function call<Name extends OperatorName>(
  name: Name,
  positional: Readonly<Operators[Name]["positional"]>,
  options?: Operators[Name]["options"],
): Operators[Name]["result"] {
  return callUntyped(name, positional, options) as Operators[Name]["result"];
}

/** As `call`, for any operator that has no generated type: out= variants, internals, operators of other libraries. */
export function callUntyped(name: string, positional: readonly unknown[], options?: object): unknown {
  const { base, overload, inPlace } = parsedName(name);
  const result = native.call(base, overload, positional.map(toNative), options && mapValues(options));
  const [first] = positional;
  if (!inPlace || !isHandleOf(first, result)) return fromNative(result);
  // An in-place operator answers with a second handle to its first argument: one handle is enough.
  native.dispose(result as unknown as TensorHandle);
  return first;
}

/** Not every name that ends in "_" is in place: `__and__` makes a new tensor. */
function isHandleOf(value: unknown, result: unknown): boolean {
  const handle = tensors.handleOf(value);
  return handle !== undefined && types.isExternal(result) && native.isSame(result as unknown as TensorHandle, handle);
}

interface ParsedName {
  base: string;
  overload: string;
  inPlace: boolean;
}

const parsedNames = new Map<string, ParsedName>();

/** Splits "add_.Tensor" into its parts, once for each name: a training step makes thousands of calls. */
function parsedName(name: string): ParsedName {
  const known = parsedNames.get(name);
  if (known) return known;
  const [base = "", overload = ""] = name.split(".");
  const parsed = { base, overload, inPlace: base.endsWith("_") };
  parsedNames.set(name, parsed);
  return parsed;
}

function toNative(value: unknown): unknown {
  const handle = tensors.handleOf(value);
  if (handle) return handle;
  if (value instanceof Generator) return value.handle;
  return Array.isArray(value) ? value.map(toNative) : value;
}

function mapValues(options: object): object {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, toNative(value)]));
}

/** Externals in results are tensors: no operator of libtorch returns a generator. */
function fromNative(result: unknown): unknown {
  if (types.isExternal(result)) return tensors.wrap(result as unknown as TensorHandle);
  return Array.isArray(result) ? result.map(fromNative) : result;
}
