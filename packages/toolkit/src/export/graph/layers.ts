/** The layers that are more than one operator, or that choose how their parameters are stored. */
import type { BundlePrecision } from "@deepspeech-ts/speech";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import {
  type Constants,
  floatConstant,
  type NamedWeight,
  readFloats,
  transposeLast,
  type Weights,
  weightOf,
} from "./weights.js";

/** What every layer's function needs. */
export interface Context {
  graph: GraphBuilder;
  weights: Weights;
  precision: BundlePrecision;
}

/** LayerNorm's addend to the variance, PyTorch's own. */
const LAYER_NORM_EPSILON = 1e-5;

/** A parameter as it stands in the state dict. */
export function parameter({ graph, weights, precision }: Context, name: string): Value {
  return floatConstant(graph, name, weightOf(weights, name), precision);
}

/** The same parameter, from the graph. */
export function readParameter(constants: Constants, name: string): NamedWeight {
  return [name, readFloats(constants, name)];
}

/** LayerNorm over the last axis, then GELU. */
export function normaliseAndActivate(context: Context, input: Value, name: string): Value {
  const { graph } = context;
  const scale = parameter(context, `${name}.weight`);
  const bias = parameter(context, `${name}.bias`);
  const normalised = graph.op("LayerNormalization", [input, scale, bias], {
    axis: -1,
    epsilon: { float: LAYER_NORM_EPSILON },
  });
  return gelu(graph, normalised);
}

/** The parameters of `normaliseAndActivate`. */
export function readNorm(constants: Constants, name: string): NamedWeight[] {
  return [readParameter(constants, `${name}.weight`), readParameter(constants, `${name}.bias`)];
}

/** x · Φ(x) = x/2 · (1 + erf(x/√2)), written as ONNX Runtime knows to fuse it. */
export function gelu(graph: GraphBuilder, input: Value): Value {
  const erf = graph.op("Erf", [graph.op("Div", [input, graph.float(Math.SQRT2)])]);
  const doubled = graph.op("Mul", [input, graph.op("Add", [erf, graph.float(1)])]);
  return graph.op("Mul", [doubled, graph.float(0.5)]);
}

export interface ConvolutionOptions {
  kernelSize: number;
  /** Steps in time and across bands. Default: 1 and 1. */
  strides?: readonly [number, number];
  /** Whether zeros stand before the first frame and after the last. Default: true. */
  padsTime?: boolean;
}

/** A convolution over [B, C, time, band], whose weight is stored over [frequency, time]. */
export function convolution(
  context: Context,
  input: Value,
  name: string,
  { kernelSize, strides = [1, 1], padsTime = true }: ConvolutionOptions,
): Value {
  const { graph, weights, precision } = context;
  const weight = floatConstant(graph, `${name}.weight`, transposeLast(weightOf(weights, `${name}.weight`)), precision);
  const reach = (kernelSize - 1) / 2;
  const ofTime = padsTime ? reach : 0;
  const pads = [ofTime, reach, ofTime, reach];
  return graph.op("Conv", [input, weight, parameter(context, `${name}.bias`)], { strides, pads });
}

/** The parameters of `convolution`. */
export function readConvolution(constants: Constants, name: string): NamedWeight[] {
  const weight = transposeLast(readFloats(constants, `${name}.weight`));
  return [[`${name}.weight`, weight], readParameter(constants, `${name}.bias`)];
}
