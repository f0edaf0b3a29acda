/**
 * A GRU layer, of both directions or forward alone, with weights of 8 bits. ONNX has no such operator, so its steps are spelt out in a Scan.
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
  quantisedConstant,
  quantisedProduct,
  quantiseRows,
  quantiseWeight,
  toUint8,
} from "./quantise.js";
import { directionsOf, type GruState, LEAVES_STATE } from "./recurrence.js";
import { type Weight, weightOf } from "./weights.js";

const STATE_SCALE = 1 / 127;

/** The gates that a step works on together: reset and update, and the new state's. As ranges of rows, in units of H. */
const GATES = { rz: [0, 2], n: [2, 3] } as const;
type Gates = keyof typeof GATES;

/** As `GruRun`, but that a forward layer needs no lengths. */
export interface QuantisedGruRun {
  /** int64 [B]: frames of each utterance, from whose last a backward direction begins. */
  lengths?: Value;
  from?: GruState;
}

/**
 * [T, B, input] → [T, B, H · directions]. What a layer gives beyond an utterance's length means nothing, and comes after
 * all that does.
 * @returns frames, and the last states [directions, B, H]
 */
export function quantisedGru(
  context: Context,
  input: Value,
  name: string,
  { lengths, from }: QuantisedGruRun,
): { frames: Value; last: Value } {
  const { graph, weights } = context;
  const directions = directionsOf(weights, name);
  const hiddenSize = weightOf(weights, `${name}.weight_hh_l0`).shape[1]!;
  const backwards = (value: Value) => graph.op("ReverseSequence", [value, lengths!], { time_axis: 0, batch_axis: 1 });
  const rows = quantiseRows(graph, input);
  const reversed = directions.length === 2 && { values: backwards(rows.values), scales: backwards(rows.scales) };
  const inputs = reversed ? [rows, reversed] : [rows];
  const [rz, n] = (["rz", "n"] as const).map((gates) => {
    const ofEach = inputs.map((own, i) => projectInput(context, own, { name, end: directions[i]!, gates }));
    return ofEach.length === 1 ? ofEach[0]! : graph.op("Concat", ofEach, { axis: 1 });
  }) as [Value, Value]; // [T, directions, B, 2·H] and [T, directions, B, H]
  const begin = from
    ? graph.op("Unsqueeze", [from.state, graph.ints([0])])
    : graph.op("Expand", [graph.float(0), stateShape(graph, input, { directions: directions.length, hiddenSize })]);
  const leaving = from ? graph.op("Add", [rz, leavingGates(graph, from.isOutside, hiddenSize)]) : rz;
  const [last, states] = graph.ops("Scan", [begin, leaving, n], 2, {
    body: step(context, name, { directions, hiddenSize }),
    num_scan_inputs: 2,
  }) as [Value, Value]; // [T, directions, B, H]
  if (!reversed) return { frames: graph.op("Squeeze", [states, graph.ints([1])]), last };
  const [forward, backward] = graph
    .ops("Split", [states], 2, { axis: 1 })
    .map((direction) => graph.op("Squeeze", [direction, graph.ints([1])])) as [Value, Value];
  return { frames: graph.op("Concat", [forward, backwards(backward)], { axis: 2 }), last };
}

/** [T, 1, B, 2·H]: what opens the update gates, the second half of these, at frames that leave the state as it is. */
function leavingGates(graph: GraphBuilder, isOutside: Value, hiddenSize: number): Value {
  const gates = new Float32Array(2 * hiddenSize).fill(LEAVES_STATE, hiddenSize);
  const row = graph.constant("gru/leaving", "float32", gates, [2 * hiddenSize]);
  return graph.op("Mul", [graph.op("Unsqueeze", [isOutside, graph.ints([1])]), row]);
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

interface LayerSize {
  directions: number;
  hiddenSize: number;
}

function stateShape(graph: GraphBuilder, input: Value, { directions, hiddenSize }: LayerSize): Value {
  const batch = graph.op("Unsqueeze", [sizeOf(graph, input, 1), graph.ints([0])]);
  return graph.op("Concat", [graph.ints([directions]), batch, graph.ints([hiddenSize])], { axis: 0 });
}

/**
 * One frame of all directions:
 *   r, z = σ(x_rz + W_rz h),  n = tanh(x_n + r · (W_n h + b_n)),  h' = n + z · (h − n)
 *
 * Its weights stand in the graph around it, where another graph can share them.
 */
function step(
  { graph, weights }: Context,
  name: string,
  { directions, hiddenSize }: { directions: readonly string[]; hiddenSize: number },
): GraphBuilder {
  const body = new GraphBuilder(name);
  const count = directions.length;
  const state = body.input(`${name}/state`, "float32", [count, "batch", hiddenSize]);
  const inputRz = body.input(`${name}/x_rz`, "float32", [count, "batch", 2 * hiddenSize]);
  const inputN = body.input(`${name}/x_n`, "float32", [count, "batch", hiddenSize]);

  const whole8 = toUint8(body, state, STATE_SCALE);
  const quantised = count === 1 ? [whole8] : body.ops("Split", [whole8], count, { axis: 0 }); // [1, B, H] each
  const recurrent = directions.map((end) => quantiseWeight(weightOf(weights, `${name}.weight_hh_${end}`)));
  const products = directions.map((end, i) =>
    integerProduct(body, quantised[i]!, quantisedConstant(graph, `${name}.weight_hh_${end}`, recurrent[i]!)),
  );
  const joinedProducts = count === 1 ? products[0]! : body.op("Concat", products, { axis: 0 });
  const whole = body.op("Cast", [joinedProducts], { to: DATA_TYPES.float32 });
  const units = joined(recurrent.map(({ scales }) => scales)).map((scale) => scale * STATE_SCALE);
  const unit = body.constant(`${name}/units`, "float32", units, [count, 1, 3 * hiddenSize]);
  const gates = body.ints([2 * hiddenSize, hiddenSize]);
  const [stateRz, stateN] = body.ops("Split", [body.op("Mul", [whole, unit]), gates], 2, { axis: 2 }) as [Value, Value];

  const rz = body.op("Sigmoid", [body.op("Add", [inputRz, stateRz])]);
  const [r, z] = body.ops("Split", [rz], 2, { axis: 2 }) as [Value, Value];
  const biases = directions.map((end) => rowsOf(weightOf(weights, `${name}.bias_hh_${end}`), GATES.n).data);
  const bias = body.constant(`${name}/bias_n`, "float32", joined(biases), [count, 1, hiddenSize]);
  const reset = body.op("Mul", [r, body.op("Add", [stateN, bias])]);
  const n = body.op("Tanh", [body.op("Add", [inputN, reset])]);
  const next = body.op("Add", [n, body.op("Mul", [z, body.op("Sub", [state, n])])]);

  // A graph's results need names of their own.
  for (const result of [body.op("Identity", [next]), next])
    body.result(result, "float32", [count, "batch", hiddenSize]);
  return body;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
