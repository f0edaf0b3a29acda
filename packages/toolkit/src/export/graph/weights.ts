/** A trained model's parameters as plain arrays, so that graphs are built without libtorch. */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { floatToHalf } from "../onnx/float16.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";

export interface Weight {
  data: Float32Array;
  shape: readonly number[];
}

/** Parameters by their names in the model's state dict. */
export type Weights = ReadonlyMap<string, Weight>;

/** @throws Error where the model has no such parameter, which its architecture would */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new Error(`the model has no parameter ${name}`);
  return weight;
}

/**
 * A float32 constant. Under fp16 it is stored in half its size, and becomes float32 once, when a session is opened:
 * ONNX Runtime folds a Cast of a constant.
 */
export function floatConstant(
  graph: GraphBuilder,
  name: string,
  { data, shape }: Weight,
  precision: BundlePrecision,
): Value {
  if (precision !== "fp16") return graph.constant(name, "float32", data, shape);
  const half = graph.constant(`${name}:half`, "float16", Uint16Array.from(data, floatToHalf), shape);
  return graph.op("Cast", [half], { to: DATA_TYPES.float32 });
}

/** Swaps the last two axes. */
export function transposeLast({ data, shape }: Weight): Weight {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const size = rows * columns;
  const transposed = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        transposed[start + column * rows + row] = data[start + row * columns + column]!;
      }
    }
  }
  return { data: transposed, shape: [...shape.slice(0, -2), columns, rows] };
}
