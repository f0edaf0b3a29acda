/** A bidirectional GRU layer by ONNX's own operator. */
import type { Value } from "../onnx/graph-builder.js";
import { matrixConstant } from "./expanded-weights.js";
import type { Context } from "./layers.js";
import { type Constants, floatConstant, type NamedWeight, readFloats, type Weight, weightOf } from "./weights.js";

const DIRECTIONS = ["l0", "l0_reverse"] as const;

/**
 * [T, B, input] → [T, B, 2·hidden]; the backward direction starts at each utterance's last frame.
 * @param lengths int32 [B]
 */
export function bidirectionalGru(context: Context, input: Value, lengths: Value, name: string): Value {
  const { graph, weights, precision } = context;
  const both = (part: string) => DIRECTIONS.map((end) => swapGates(weightOf(weights, `${name}.${part}_${end}`)));
  const matrix = (suffix: string, weight: Weight) =>
    matrixConstant(graph, `${name}.${suffix}`, weight, { precision, inputAxis: 2 });
  const recurrent = stack(both("weight_hh")); // [2, 3·hidden, hidden]
  const hiddenSize = recurrent.shape[2]!;
  const [inputBias, recurrentBias] = [stack(both("bias_ih")), stack(both("bias_hh"))];
  const [output] = graph.ops(
    "GRU",
    [
      input,
      matrix("weight_ih", stack(both("weight_ih"))), // [2, 3·hidden, input]
      matrix("weight_hh", recurrent),
      floatConstant(graph, `${name}.bias`, joinRows(inputBias, recurrentBias), precision), // [2, 6·hidden]
      lengths,
    ],
    1,
    { direction: "bidirectional", hidden_size: hiddenSize, linear_before_reset: 1 },
  ); // [T, 2, B, hidden]
  const byUtterance = graph.op("Transpose", [output!], { perm: [0, 2, 1, 3] }); // [T, B, 2, hidden]
  return graph.op("Reshape", [byUtterance, graph.ints([0, 0, 2 * hiddenSize])]);
}

/** The parameters of `bidirectionalGru`. */
export function readGru(constants: Constants, name: string): NamedWeight[] {
  const [inputBias, recurrentBias] = splitRows(readFloats(constants, `${name}.bias`));
  const stacked = {
    weight_ih: readFloats(constants, `${name}.weight_ih`),
    weight_hh: readFloats(constants, `${name}.weight_hh`),
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
