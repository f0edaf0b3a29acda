/** The row convolution over the last recurrent layer of a forward model: acoustic-model/row-convolution.ts. */
import type { Value } from "../onnx/graph-builder.js";
import type { Context } from "./layers.js";
import { type Constants, floatConstant, type NamedWeight, readFloats, weightOf } from "./weights.js";

const NAME = "lookahead.weight";

/**
 * [T, B, size] → [T, B, size]; zeros stand behind the last frame, unless others came before the first.
 * @param before [B, size, ahead]: frames that were heard earlier, whose answers come now
 * @returns frames, and what the next ones follow, [B, size, ahead]
 */
export function rowConvolution(context: Context, input: Value, before?: Value): { frames: Value; last: Value } {
  const { graph, weights, precision } = context;
  const { data, shape } = weightOf(weights, NAME);
  const [size = 0, width = 0] = shape;
  const weight = floatConstant(graph, NAME, { data, shape: [size, 1, width] }, precision);
  const rows = graph.op("Transpose", [input], { perm: [1, 2, 0] }); // [B, size, T]
  const all = before === undefined ? rows : graph.op("Concat", [before, rows], { axis: 2 });
  const pads = [0, before === undefined ? width - 1 : 0];
  const convolved = graph.op("Conv", [all, weight], { group: size, pads }); // [B, size, T]
  const last = graph.op("Slice", [all, graph.ints([1 - width]), graph.ints([LAST]), graph.ints([2])]);
  return { frames: graph.op("Transpose", [convolved], { perm: [2, 0, 1] }), last };
}

/** Beyond any axis's end. */
const LAST = 2 ** 31 - 1;

/** The parameters of `rowConvolution`. */
export function readRowConvolution(constants: Constants): NamedWeight[] {
  const { data, shape } = readFloats(constants, NAME);
  return [[NAME, { data, shape: [shape[0]!, shape[2]!] }]];
}
