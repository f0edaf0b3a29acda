/** A GRU layer, of both directions or forward alone, by ONNX's own operator. */
import type { Value } from "../onnx/graph-builder.js";
import { matrixConstant, readMatrix } from "./expanded-weights.js";
import type { Context } from "./layers.js";
import {
  type Constants,
  floatConstant,
  type NamedWeight,
  readFloats,
  type Weight,
  type Weights,
  weightOf,
} from "./weights.js";

const DIRECTIONS = ["l0", "l0_reverse"] as const;
/** Of weights [directions, 3·hidden, input]. */
const INPUT_AXIS = 2;

/** What a layer is run with. */
export interface GruRun {
  /** int32 [B]: frames of each utterance. Default: all of them. */
  lengths?: Value;
  /** Of a forward layer that goes on where it stopped. */
  from?: GruState;
}

export interface GruState {
  /** [B, hidden] */
  state: Value;
  /** [T, B, 1]: 1 at frames that are none of the utterance's, and leave the state as it is; else 0 */
  isOutside: Value;
}

/** What opens the update gate so wide that a frame leaves the state as it is: σ of it is 1. */
export const LEAVES_STATE = 1000;

/**
 * [T, B, input] → [T, B, hidden · directions]; a backward direction starts at each utterance's last frame.
 * @returns frames, and the last states [directions, B, hidden]
 */
export function gru(context: Context, input: Value, name: string, run: GruRun): { frames: Value; last: Value } {
  const { graph, weights, precision } = context;
  const directions = directionsOf(weights, name);
  const all = (part: string) => stack(directions.map((end) => swapGates(weightOf(weights, `${name}.${part}_${end}`))));
  const matrix = (suffix: string, weight: Weight) =>
    matrixConstant(graph, `${name}.${suffix}`, weight, { precision, inputAxis: INPUT_AXIS });
  const recurrent = all("weight_hh"); // [directions, 3·hidden, hidden]
  const hiddenSize = recurrent.shape[2]!;
  const ofInput = matrix("weight_ih", all("weight_ih")); // [directions, 3·hidden, input]
  const { from } = run;
  const [output, last] = graph.ops(
    "GRU",
    [
      from ? graph.op("Concat", [input, from.isOutside], { axis: 2 }) : input,
      from ? graph.op("Concat", [ofInput, leavingColumn(context, hiddenSize)], { axis: 2 }) : ofInput,
      matrix("weight_hh", recurrent),
      floatConstant(graph, `${name}.bias`, joinRows(all("bias_ih"), all("bias_hh")), precision), // [directions, 6·hidden]
      run.lengths ?? "",
      ...(from ? [graph.op("Unsqueeze", [from.state, graph.ints([0])])] : []), // [1, B, hidden]
    ],
    2,
    {
      direction: directions.length === 2 ? "bidirectional" : "forward",
      hidden_size: hiddenSize,
      linear_before_reset: 1,
    },
  ) as [Value, Value]; // [T, directions, B, hidden]
  const byUtterance = graph.op("Transpose", [output], { perm: [0, 2, 1, 3] }); // [T, B, directions, hidden]
  return { frames: graph.op("Reshape", [byUtterance, graph.ints([0, 0, directions.length * hiddenSize])]), last };
}

/** The directions of a layer's weights. */
export function directionsOf(weights: Weights, name: string): readonly string[] {
  return DIRECTIONS.filter((end) => weights.has(`${name}.weight_hh_${end}`));
}

/** [1, 3·hidden, 1]: a further input of a GRU, which opens its update gates, the first of ONNX's. */
function leavingColumn({ graph }: Context, hiddenSize: number): Value {
  const data = new Float32Array(3 * hiddenSize).fill(LEAVES_STATE, 0, hiddenSize);
  return graph.constant("gru/leaving", "float32", data, [1, 3 * hiddenSize, 1]);
}

/** The parameters of `gru`. */
export function readGru(constants: Constants, name: string): NamedWeight[] {
  const [inputBias, recurrentBias] = splitRows(readFloats(constants, `${name}.bias`));
  const stacked = {
    weight_ih: readMatrix(constants, `${name}.weight_ih`, INPUT_AXIS),
    weight_hh: readMatrix(constants, `${name}.weight_hh`, INPUT_AXIS),
    bias_ih: inputBias,
    bias_hh: recurrentBias,
  };
  return Object.entries(stacked).flatMap(([part, weight]) =>
    unstack(weight).map((own, i): NamedWeight => [`${name}.${part}_${DIRECTIONS[i]}`, swapGates(own)]),
  );
}

/** PyTorch's gates are reset, update, new; ONNX's update, reset, new: each is had from the other by the same swap. */
function swapGates({ data, shape }: Weight): Weight {
  const gate = data.length / 3;
  const ordered = Float32Array.from(data);
  ordered.set(data.subarray(gate, 2 * gate), 0);
  ordered.set(data.subarray(0, gate), gate);
  return { data: ordered, shape };
}

/** Equal shapes along a new first axis. */
function stack(parts: readonly Weight[]): Weight {
  const [first] = parts as readonly [Weight];
  const data = new Float32Array(parts.length * first.data.length);
  for (const [i, part] of parts.entries()) data.set(part.data, i * first.data.length);
  return { data, shape: [parts.length, ...first.shape] };
}

/** Undoes `stack`. */
function unstack({ data, shape: [count = 0, ...shape] }: Weight): Weight[] {
  const size = data.length / count;
  return Array.from({ length: count }, (_, i) => ({ data: data.subarray(i * size, (i + 1) * size), shape }));
}

/** [R, a] and [R, b] → [R, a + b] */
function joinRows(left: Weight, right: Weight): Weight {
  const [rows = 0, a = 0] = left.shape;
  const b = right.shape[1] ?? 0;
  const data = new Float32Array(rows * (a + b));
  for (let row = 0; row < rows; row++) {
    data.set(left.data.subarray(row * a, (row + 1) * a), row * (a + b));
    data.set(right.data.subarray(row * b, (row + 1) * b), row * (a + b) + a);
  }
  return { data, shape: [rows, a + b] };
}

/** Undoes `joinRows` of halves of one width. */
function splitRows({ data, shape: [rows = 0, columns = 0] }: Weight): [Weight, Weight] {
  const width = columns / 2;
  const from = (start: number): Weight => {
    const half = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const begin = row * columns + start;
      half.set(data.subarray(begin, begin + width), row * width);
    }
    return { data: half, shape: [rows, width] };
  };
  return [from(0), from(width)];
}
