/** The words that the generated operator types are written in. */
import type { Generator } from "./random.js";
import type { Tensor } from "./tensor.js";

export type { Dtype } from "./native.js";
export type { Generator, Tensor };

/** A number or truth value; a whole number stays an integer scalar, so that integer tensors stay integer. */
export type Scalar = number | boolean;

/** One operator of libtorch: positional arguments, arguments by name, result. Exists as a type only. */
export interface Operator<Positional extends readonly unknown[], Options, Result> {
  positional: Positional;
  options: Options;
  result: Result;
}
