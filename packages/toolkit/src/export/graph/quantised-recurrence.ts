/**
 * A bidirectional GRU layer with weights of 8 bits. ONNX has no such operator, so its steps are spelt out in a Scan.
 *
 * One utterance's recurrence is a product of a vector and a matrix for each frame: its speed is that at which weights
 * arrive from memory. In 8 bits a direction's weights are a quarter of their size, and stay in a core's own cache from
 * one frame to the next. The products then take half of a step, and starting its other operators the rest: so both
 * directions share them, and what can be done for all frames at once is.
 *
 * The state lies in (−1, 1), so that its scale is known beforehand.
 */
import { GraphBuilder, type Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import type { Context } from "./layers.js";
import { sizeOf } from "./lengths.js";
import {
  integerProduct,
  type QuantisedInput,
  quantisedProduct,
  quantiseRows,
  quantiseWeight,
  toUint8,
} from "./quantise.js";
import { type Weight, weightOf } from "./weights.js";

const DIRECTIONS = ["l0", "l0_reverse"] as const;
const STATE_SCALE = 1 / 127;

/** The gates that a step works on together: reset and update, and the new state's. As ranges of rows, in units of H. */
const GATES = { rz: [0, 2], n: [2, 3] } as const;
type Gates = keyof typeof GATES;

/**
 * [T, B, input] → [T, B, 2·H]. The backward direction reads each utterance from its own last frame; what both give beyond
 * its length means nothing, and comes after all that does.
 * @param lengths int64 [B]
 */
export function quantisedGru(context: Context, input: Value, lengths: Value, name: string): Value {
  const { graph, weights } = context;
  const hiddenSize = weightOf(weights, `${name}.weight_hh_l0`).shape[1]!;
  const backwards = (value: Value) => graph.op("ReverseSequence", [value, lengths], { time_axis: 0, batch_axis: 1 });
  const frames = quantiseRows(graph, input);
  const inputs = [frames, { values: backwards(frames.values), scales: backwards(frames.scales) }];
  const projected = (["rz", "n"] as const).map((gates) =>
    graph.op(
      "Concat",
      inputs.map((own, i) => projectInput(context, own, { name, end: DIRECTIONS[i]!, gates })),
      { axis: 1 },
    ),
  ); // [T, 2, B, 2·H] and [T, 2, B, H]
  const start = graph.op("Expand", [graph.float(0), stateShape(graph, input, hiddenSize)]); // [2, B, H]
  const [, states] = graph.ops("Scan", [start, ...projected], 2, {
    body: step(context, name, hiddenSize),
    num_scan_inputs: 2,
  }); // [T, 2, B, H]
  const [forward, backward] = graph
    .ops("Split", [states!], 2, { axis: 1 })
    .map((direction) => graph.op("Squeeze", [direction, graph.ints([1])])) as [Value, Value];
  return graph.op("Concat", [forward, backwards(backward)], { axis: 2 });
}

/** What does not depend on the state, for all frames at once: input · Wᵀ + b, with the biases of both sides but the new gate's. [T, 1, B, …] */
function projectInput(
  { graph, weights }: Context,
  input: QuantisedInput,
  { name, end, gates }: { name: string; end: string; gates: Gates },
): Value {
  const ofGates = (part: string) => rowsOf(weightOf(weights, `${name}.${part}_${end}`), GATES[gates]);
  const product = quantisedProduct(graph, input, `${name}.weight_ih_${end}:${gates}`, ofGates("weight_ih"));
  const recurrent = ofGates("bias_hh").data;
  const bias = ofGates("bias_ih").data.map((value, i) => (gates === "rz" ? value + recurrent[i]! : value));
  const constant = graph.constant(`${name}.bias_${end}:${gates}`, "float32", bias, [bias.length]);
  return graph.op("Unsqueeze", [graph.op("Add", [product, constant]), graph.ints([1])]);
}

/** Of three gates' rows, those of some. */
function rowsOf({ data, shape: [rows = 0, ...rest] }: Weight, [from, to]: readonly [number, number]): Weight {
  const gate = data.length / 3;
  return { data: data.subarray(from * gate, to * gate), shape: [((to - from) * rows) / 3, ...rest] };
}

function stateShape(graph: GraphBuilder, input: Value, hiddenSize: number): Value {
  const batch = graph.op("Unsqueeze", [sizeOf(graph, input, 1), graph.ints([0])]);
  return graph.op("Concat", [graph.ints([2]), batch, graph.ints([hiddenSize])], { axis: 0 });
}

/**
 * One frame of both directions:
 *   r, z = σ(x_rz + W_rz h),  n = tanh(x_n + r · (W_n h + b_n)),  h' = n + z · (h − n)
 */
function step({ weights }: Context, name: string, hiddenSize: number): GraphBuilder {
  const body = new GraphBuilder(name);
  const state = body.input(`${name}/state`, "float32", [2, "batch", hiddenSize]);
  const inputRz = body.input(`${name}/x_rz`, "float32", [2, "batch", 2 * hiddenSize]);
  const inputN = body.input(`${name}/x_n`, "float32", [2, "batch", hiddenSize]);

  const quantised = body.ops("Split", [toUint8(body, state, STATE_SCALE)], 2, { axis: 0 }); // [1, B, H] each
  const recurrent = DIRECTIONS.map((end) => quantiseWeight(weightOf(weights, `${name}.weight_hh_${end}`)));
  const products = DIRECTIONS.map((end, i) =>
    integerProduct(body, quantised[i]!, `${name}.weight_hh_${end}`, recurrent[i]!),
  );
  const whole = body.op("Cast", [body.op("Concat", products, { axis: 0 })], { to: DATA_TYPES.float32 });
  const units = joined(recurrent.map(({ scales }) => scales)).map((scale) => scale * STATE_SCALE);
  const unit = body.constant(`${name}/units`, "float32", units, [2, 1, 3 * hiddenSize]);
  const gates = body.ints([2 * hiddenSize, hiddenSize]);
  const [stateRz, stateN] = body.ops("Split", [body.op("Mul", [whole, unit]), gates], 2, { axis: 2 }) as [Value, Value];

  const rz = body.op("Sigmoid", [body.op("Add", [inputRz, stateRz])]);
  const [r, z] = body.ops("Split", [rz], 2, { axis: 2 }) as [Value, Value];
  const biases = DIRECTIONS.map((end) => rowsOf(weightOf(weights, `${name}.bias_hh_${end}`), GATES.n).data);
  const bias = body.constant(`${name}/bias_n`, "float32", joined(biases), [2, 1, hiddenSize]);
  const reset = body.op("Mul", [r, body.op("Add", [stateN, bias])]);
  const n = body.op("Tanh", [body.op("Add", [inputN, reset])]);
  const next = body.op("Add", [n, body.op("Mul", [z, body.op("Sub", [state, n])])]);

  // A graph's results need names of their own.
  for (const result of [body.op("Identity", [next]), next]) body.result(result, "float32", [2, "batch", hiddenSize]);
  return body;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
