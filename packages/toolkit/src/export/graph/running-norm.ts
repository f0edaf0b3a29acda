/** Features by the mean and variance of what was heard so far: acoustic-model/running-norm.ts. */
import { PRIOR_FRAMES } from "../../acoustic-model/running-norm.js";
import type { Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import type { Context } from "./layers.js";
import { parameter, readParameter } from "./layers.js";
import { sizeOf } from "./lengths.js";
import type { Constants, NamedWeight } from "./weights.js";

const NAME = "input_norm";

/** What was heard before: an utterance's sums go on. */
export interface NormState {
  /** int64 [B]: frames. */
  frames: Value;
  /** [B, 1, M]: of the normalised values, and of their squares. */
  sum: Value;
  squares: Value;
}

/**
 * [B, T, M] → [B, T, M]
 * @returns frames, and the sums after the last of them, [B, 1, M]
 */
export function runningNorm(
  context: Context,
  features: Value,
  before?: NormState,
): { frames: Value; sum: Value; squares: Value } {
  const { graph } = context;
  const [mean, scale] = ["mean", "scale"].map((part) => parameter(context, `${NAME}.${part}`)) as [Value, Value];
  const z = graph.op("Mul", [graph.op("Sub", [features, mean]), scale]); // [B, T, M]
  const sums = runningSum(context, z, before?.sum);
  const squares = runningSum(context, graph.op("Mul", [z, z]), before?.squares);
  const counts = frameCounts(context, z, before?.frames); // [B or 1, T, 1]
  const average = graph.op("Div", [sums.frames, counts]);
  const square = graph.op("Div", [graph.op("Add", [squares.frames, graph.float(PRIOR_FRAMES)]), counts]);
  const variance = graph.op("Sub", [square, graph.op("Mul", [average, average])]);
  const frames = graph.op("Div", [graph.op("Sub", [z, average]), graph.op("Sqrt", [variance])]);
  return { frames, sum: sums.last, squares: squares.last };
}

/** The parameters of `runningNorm`. */
export function readRunningNorm(constants: Constants): NamedWeight[] {
  return ["mean", "scale"].map((part) => readParameter(constants, `${NAME}.${part}`));
}

/** Added up in one order, whatever was heard before. */
function runningSum({ graph }: Context, values: Value, before: Value | undefined): { frames: Value; last: Value } {
  const all = before === undefined ? values : graph.op("Concat", [before, values], { axis: 1 });
  const sums = graph.op("CumSum", [all, graph.ints(1)]);
  const last = graph.op("Gather", [sums, graph.ints([-1])], { axis: 1 }); // [B, 1, M]
  if (before === undefined) return { frames: sums, last };
  const frames = graph.op("Slice", [sums, graph.ints([1]), graph.ints([2 ** 31 - 1]), graph.ints([1])]);
  return { frames, last };
}

function frameCounts({ graph }: Context, values: Value, before: Value | undefined): Value {
  const first = graph.ints(PRIOR_FRAMES + 1);
  const end = graph.op("Add", [first, sizeOf(graph, values, 1)]);
  const own = graph.op("Unsqueeze", [graph.op("Range", [first, end, graph.ints(1)]), graph.ints([0, 2])]); // [1, T, 1]
  const all = before === undefined ? own : graph.op("Add", [own, graph.op("Unsqueeze", [before, graph.ints([1, 2])])]);
  return graph.op("Cast", [all], { to: DATA_TYPES.float32 });
}
