/**
 * Weights of matrix products that are stored in 8 bits and run in 32: for pages, to which every byte travels.
 *
 * Each of an output's weights shares one scale. ONNX Runtime folds the Cast and the Mul, both of constants alone, when a
 * session is opened, so that the graph that runs is that of fp32. (It leaves a DequantizeLinear as it is, for kernels
 * that multiply whole numbers.)
 */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import { floatConstant, type Weight } from "./weights.js";

const LARGEST = 127;

/**
 * A weight of matrix products as a float32 value.
 * @param inputAxis the axis over which a product adds up; along it weights share a scale
 */
export function matrixConstant(
  graph: GraphBuilder,
  name: string,
  weight: Weight,
  { precision, inputAxis }: { precision: BundlePrecision; inputAxis: number },
): Value {
  if (precision !== "web") return floatConstant(graph, name, weight, precision);
  const { data, scales, scaleShape } = roundWeight(weight, inputAxis);
  const whole = graph.constant(`${name}:int8`, "int8", data, weight.shape);
  const scale = graph.constant(`${name}:scales`, "float32", scales, scaleShape);
  return graph.op("Mul", [graph.op("Cast", [whole], { to: DATA_TYPES.float32 }), scale]);
}

export interface RoundedWeight {
  /** In the weight's own shape. */
  data: Int8Array;
  scales: Float32Array;
  /** The weight's shape with 1 along the axis that shares scales. */
  scaleShape: readonly number[];
}

export function roundWeight({ data, shape }: Weight, inputAxis: number): RoundedWeight {
  const numInputs = shape[inputAxis] ?? 1;
  const stride = shape.slice(inputAxis + 1).reduce((product, length) => product * length, 1);
  const scaleOf = (i: number) => Math.floor(i / (numInputs * stride)) * stride + (i % stride);
  const scales = new Float32Array(data.length / numInputs);
  for (const [i, value] of data.entries()) scales[scaleOf(i)] = Math.max(scales[scaleOf(i)]!, Math.abs(value));
  for (const [i, largest] of scales.entries()) scales[i] = largest === 0 ? 1 : largest / LARGEST;
  return {
    data: Int8Array.from(data, (value, i) => Math.round(value / scales[scaleOf(i)]!)),
    scales,
    scaleShape: shape.with(inputAxis, 1),
  };
}
