/**
 * Weights of matrix products that are stored in 8 bits and run in 32: for pages, to which every byte travels.
 *
 * Weights of one output share a scale by groups of inputs: the largest weight decides how coarsely the rest of its group
 * is rounded, and of few it is smaller than of many. ONNX Runtime computes what constants alone decide when a session is
 * opened, so that the graph that runs is that of fp32. (It leaves a DequantizeLinear as it is, for kernels that multiply
 * whole numbers.)
 */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { floatToHalf, halfToFloat } from "../onnx/float16.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import { type Constants, floatConstant, readFloats, refuseFloats, type Weight } from "./weights.js";

const LARGEST = 127;
/** Of inputs that share a scale: its 16 bits are a thirty-second of 64 weights'. */
const GROUP_SIZES = { least: 16, most: 64 };

/**
 * A weight of matrix products as a float32 value.
 * @param inputAxis the axis over which a product adds up; along it weights share scales
 */
export function matrixConstant(
  graph: GraphBuilder,
  name: string,
  weight: Weight,
  { precision, inputAxis }: { precision: BundlePrecision; inputAxis: number },
): Value {
  if (precision !== "web") return floatConstant(graph, name, weight, precision);
  const { data, scales } = roundWeight(weight, inputAxis);
  const { shape } = weight;
  const whole = graph.constant(`${name}:int8`, "int8", data, shape);
  const inGroups = (lengths: readonly number[]) => shape.toSpliced(inputAxis, 1, ...lengths);
  const [numGroups, size] = [scales.shape[inputAxis]!, groupSizeOf(shape[inputAxis]!)];
  const grouped = graph.op("Reshape", [
    graph.op("Cast", [whole], { to: DATA_TYPES.float32 }),
    graph.ints(inGroups([numGroups, size])),
  ]);
  const ofGroups = { data: scales.data, shape: inGroups([numGroups, 1]) };
  const scaled = graph.op("Mul", [grouped, floatConstant(graph, `${name}:scales`, ofGroups, precision)]);
  return graph.op("Reshape", [scaled, graph.ints(shape)]);
}

/**
 * What `matrixConstant` stored, in float32 whatever its precision was.
 * @throws UserError where the graph has no such floats
 */
export function readMatrix(constants: Constants, name: string, inputAxis: number): Weight {
  const stored = constants.byName.get(`${name}:int8`);
  if (!stored) return readFloats(constants, name);
  const { dims: shape, rawData } = stored;
  const { data } = readFloats(constants, `${name}:scales`);
  const isWhole = shape.length > inputAxis && rawData.length === sizeOf(shape);
  const scaleShape = isWhole ? scaleShapeOf(shape, inputAxis) : [];
  if (!isWhole || data.length !== sizeOf(scaleShape)) throw refuseFloats(constants, name);
  return expandWeight({ data: new Int8Array(rawData), scales: { data, shape: scaleShape } }, shape, inputAxis);
}

/** The most of inputs, within bounds, that divides them; all of them where none does. */
export function groupSizeOf(numInputs: number): number {
  for (let size = GROUP_SIZES.most; size >= GROUP_SIZES.least; size--) if (numInputs % size === 0) return size;
  return numInputs;
}

export interface RoundedWeight {
  /** In the weight's own shape. */
  data: Int8Array;
  /** Numbers that halves hold, in the weight's shape with groups in place of inputs. */
  scales: Weight;
}

export function roundWeight({ data, shape }: Weight, inputAxis: number): RoundedWeight {
  const scaleOf = scaleIndex(shape, inputAxis);
  const scaleShape = scaleShapeOf(shape, inputAxis);
  const largest = new Float32Array(sizeOf(scaleShape));
  for (const [i, value] of data.entries()) largest[scaleOf(i)] = Math.max(largest[scaleOf(i)]!, Math.abs(value));
  const scales = largest.map(scaleFor);
  return {
    data: Int8Array.from(data, (value, i) => Math.round(value / scales[scaleOf(i)]!)),
    scales: { data: scales, shape: scaleShape },
  };
}

/** The weight of that shape which was rounded so. */
export function expandWeight({ data, scales }: RoundedWeight, shape: readonly number[], inputAxis: number): Weight {
  const scaleOf = scaleIndex(shape, inputAxis);
  return { data: Float32Array.from(data, (value, i) => value * scales.data[scaleOf(i)]!), shape };
}

function scaleShapeOf(shape: readonly number[], inputAxis: number): number[] {
  const numInputs = shape[inputAxis]!;
  return shape.with(inputAxis, numInputs / groupSizeOf(numInputs));
}

/** Which scale belongs to a weight's i-th value. */
function scaleIndex(shape: readonly number[], inputAxis: number): (i: number) => number {
  const numInputs = shape[inputAxis]!;
  const groupSize = groupSizeOf(numInputs);
  const stride = sizeOf(shape.slice(inputAxis + 1));
  return (i) => {
    const group = Math.floor(i / (stride * groupSize)); // groups of one output follow each other
    return group * stride + (i % stride);
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The smallest half at which no weight takes more than 8 bits. */
function scaleFor(largest: number): number {
  if (largest === 0) return 1;
  const nearest = floatToHalf(largest / LARGEST);
  const scale = halfToFloat(nearest);
  return Math.round(largest / scale) > LARGEST ? halfToFloat(nearest + 1) : scale;
}
