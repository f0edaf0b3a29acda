/**
 * Weights as whole numbers of 8 bits, and products with them.
 *
 * Each column of a weight has a scale of its own, and so has each row of the input, found as the graph runs: a frame's
 * result depends on that frame alone, never on its batch. On processors without VNNI the instruction behind ONNX
 * Runtime's kernels adds two neighbouring products in 16 bits and cuts off what does not fit; scales are chosen so that
 * everything fits, and every machine gives the same answer.
 */
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import type { Weight } from "./weights.js";

/** Neighbouring weights of a column add up to at most 128: 255 · 128 stays under 2^15. Rounding may add the last 1. */
const LARGEST_PAIR = 127;
/** Inputs are unsigned, with this value as their zero. */
const INPUT_ZERO = 128;
const LARGEST_INPUT = 127;
/** A row of zeros needs a scale too. */
const SMALLEST_ROW = 1e-9;

export interface QuantisedWeight {
  /** [in, out] */
  data: Int8Array;
  /** [out] */
  scales: Float32Array;
  shape: readonly number[];
}

/** @param weight [out, in], as PyTorch holds it */
export function quantiseWeight({ data, shape }: Weight): QuantisedWeight {
  const [columns = 0, rows = 0] = shape;
  const quantised = new Int8Array(data.length);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const own = data.subarray(column * rows, (column + 1) * rows);
    const scale = columnScale(own);
    scales[column] = scale;
    for (let row = 0; row < rows; row++) quantised[row * columns + column] = Math.round(own[row]! / scale);
  }
  return { data: quantised, scales, shape: [rows, columns] };
}

/** The smallest scale at which no pair of neighbours exceeds its limit. */
function columnScale(values: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i += 2) {
    largest = Math.max(largest, Math.abs(values[i]!) + Math.abs(values[i + 1] ?? 0));
  }
  return largest === 0 ? 1 : largest / LARGEST_PAIR;
}

/** An input of matrix products, brought to 8 bits once for all of them. */
export interface QuantisedInput {
  /** uint8 [..., in] */
  values: Value;
  /** float32 [..., 1] */
  scales: Value;
}

/** Gives each row, along the last axis, the scale of its largest value. */
export function quantiseRows(graph: GraphBuilder, input: Value): QuantisedInput {
  const largest = graph.op("ReduceMax", [graph.op("Abs", [input])], { axes: [-1], keepdims: 1 });
  const scales = graph.op("Mul", [
    graph.op("Max", [largest, graph.float(SMALLEST_ROW)]),
    graph.float(1 / LARGEST_INPUT),
  ]);
  return { values: toUint8(graph, graph.op("Div", [input, scales]), 1), scales };
}

/** A tensor as uint8: round(value / scale) + 128. */
export function toUint8(graph: GraphBuilder, input: Value, scale: number): Value {
  return graph.op("QuantizeLinear", [input, graph.float(scale), inputZero(graph)]);
}

export function quantisedConstant(graph: GraphBuilder, name: string, { data, shape }: QuantisedWeight): Value {
  return graph.constant(`${name}:int8`, "int8", data, shape);
}

/** input · weight in whole numbers: int32. @param weight a `quantisedConstant` */
export function integerProduct(graph: GraphBuilder, values: Value, weight: Value): Value {
  return graph.op("MatMulInteger", [values, weight, inputZero(graph)]);
}

/** input · weightᵀ in float32, from whole numbers. */
export function quantisedProduct(graph: GraphBuilder, input: QuantisedInput, name: string, weight: Weight): Value {
  const quantised = quantiseWeight(weight);
  const whole = integerProduct(graph, input.values, quantisedConstant(graph, name, quantised));
  const product = graph.op("Cast", [whole], { to: DATA_TYPES.float32 });
  const columnScales = graph.constant(`${name}:scales`, "float32", quantised.scales, [quantised.scales.length]);
  return graph.op("Mul", [graph.op("Mul", [product, columnScales]), input.scales]);
}

function inputZero(graph: GraphBuilder): Value {
  return graph.constant(`${graph.name}/zero`, "uint8", Uint8Array.of(INPUT_ZERO), []);
}
