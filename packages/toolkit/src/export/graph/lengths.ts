/** Lengths and masks inside the graph: how many frames each utterance has, and zeros beyond them. */
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";

/** How many frames `hopSamples` gives for so many samples: one at each hop, counted from the first sample. */
export function framesOfSamples(graph: GraphBuilder, samples: Value, hopSamples: number): Value {
  return graph.op("Add", [graph.op("Div", [samples, graph.ints(hopSamples)]), graph.ints(1)]);
}

/** Frames that a stride leaves of `frames`: floor((frames − 1) / stride) + 1. */
export function framesAfterStride(graph: GraphBuilder, frames: Value, stride: number): Value {
  const before = graph.op("Sub", [frames, graph.ints(1)]);
  return graph.op("Add", [graph.op("Div", [before, graph.ints(stride)]), graph.ints(1)]);
}

/** [B, frames] of booleans: whether a frame lies within its utterance's length. */
export function withinLengths(graph: GraphBuilder, lengths: Value, frames: Value): Value {
  const positions = graph.op("Range", [graph.ints(0), frames, graph.ints(1)]); // [T]
  return graph.op("Less", [positions, graph.op("Unsqueeze", [lengths, graph.ints([1])])]);
}

/** [B, frames] of float32: 1 within each utterance's length, 0 beyond. */
export function lengthMask(graph: GraphBuilder, lengths: Value, frames: Value): Value {
  return graph.op("Cast", [withinLengths(graph, lengths, frames)], { to: DATA_TYPES.float32 });
}

/** One axis of a tensor's shape, as an int64 scalar. */
export function sizeOf(graph: GraphBuilder, value: Value, axis: number): Value {
  return graph.op("Gather", [graph.op("Shape", [value]), graph.ints(axis)]);
}
