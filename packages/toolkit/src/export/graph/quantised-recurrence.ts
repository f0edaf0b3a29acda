/**
 * A bidirectional GRU layer with weights of 8 bits. ONNX has no such operator, so its steps are spelt out in a Scan.
 *
 * One utterance's recurrence is a product of a vector and a matrix for each frame: its speed is that at which weights
 * arrive from memory. In 8 bits a direction's weights are a quarter of their size, and stay in a core's own cache from
 * one frame to the next. The state lies in (−1, 1), so that its scale is known beforehand.
 */
import { GraphBuilder, type Value } from "../onnx/graph-builder.js";
import { DATA_TYPES } from "../onnx/schema.js";
import type { Context } from "./layers.js";
import {
  integerProduct,
  type QuantisedInput,
  quantisedProduct,
  quantiseRows,
  quantiseWeight,
  toUint8,
} from "./quantise.js";
import { weightOf } from "./weights.js";

const DIRECTIONS = ["l0", "l0_reverse"] as const;
const STATE_SCALE = 1 / 127;

/**
 * [T, B, input] → [T, B, 2·hidden]; the backward direction starts at each utterance's last frame.
 * @param mask float32 [T, 1, B, 1]: 1 within each utterance's length, 0 beyond
 */
export function quantisedGru(context: Context, input: Value, mask: Value, name: string): Value {
  const { graph, weights } = context;
  const hiddenSize = weightOf(weights, `${name}.weight_hh_l0`).shape[1]!;
  const rows = quantiseRows(graph, input);
  const projected = DIRECTIONS.map((end) => projectInput(context, rows, name, end)); // [T, 1, B, 3·hidden] each
  const start = graph.op("Expand", [graph.float(0), stateShape(graph, mask, hiddenSize)]); // [2, B, hidden]
  const [, ...outputs] = graph.ops("Scan", [start, ...projected, mask, mask], 3, {
    body: step(context, name, hiddenSize),
    num_scan_inputs: 4,
    scan_input_directions: [0, 1, 0, 1],
    scan_output_directions: [0, 1],
  });
  const joined = graph.op("Concat", outputs, { axis: 3 }); // [T, 1, B, 2·hidden]
  return graph.op("Squeeze", [joined, graph.ints([1])]);
}

/** What does not depend on the state, for all frames at once: input · Wᵀ + b, with the biases of both sides but the new gate's. */
function projectInput(context: Context, input: QuantisedInput, name: string, end: string): Value {
  const { graph, weights } = context;
  const product = quantisedProduct(context, input, `${name}.weight_ih_${end}`);
  const bias = Float32Array.from(weightOf(weights, `${name}.bias_ih_${end}`).data);
  const recurrent = weightOf(weights, `${name}.bias_hh_${end}`).data;
  for (let i = 0; i < (2 * bias.length) / 3; i++) bias[i]! += recurrent[i]!;
  const biased = graph.op("Add", [product, graph.constant(`${name}.bias_${end}`, "float32", bias, [bias.length])]);
  return graph.op("Unsqueeze", [biased, graph.ints([1])]);
}

function stateShape(graph: GraphBuilder, mask: Value, hiddenSize: number): Value {
  const batch = graph.op("Slice", [graph.op("Shape", [mask]), graph.ints([2]), graph.ints([3])]);
  return graph.op("Concat", [graph.ints([2]), batch, graph.ints([hiddenSize])], { axis: 0 });
}

/**
 * One frame of both directions:
 *   r, z = σ(x_rz + W_rz h),  n = tanh(x_n + r · (W_n h + b_n)),  h' = mask · (n + z · (h − n))
 * Beyond an utterance's length the state is zero, which is where the backward direction starts.
 */
function step({ weights }: Context, name: string, hiddenSize: number): GraphBuilder {
  const body = new GraphBuilder(name);
  const state = body.input(`${name}/state`, "float32", [2, "batch", hiddenSize]);
  const inputs = DIRECTIONS.map((end) => body.input(`${name}/x_${end}`, "float32", [1, "batch", 3 * hiddenSize]));
  const masks = DIRECTIONS.map((end) => body.input(`${name}/mask_${end}`, "float32", [1, "batch", 1]));

  const quantised = body.ops("Split", [toUint8(body, state, STATE_SCALE)], 2, { axis: 0 }); // [1, B, hidden] each
  const recurrent = DIRECTIONS.map((end) => quantiseWeight(weightOf(weights, `${name}.weight_hh_${end}`)));
  const products = DIRECTIONS.map((end, i) =>
    integerProduct(body, quantised[i]!, `${name}.weight_hh_${end}`, recurrent[i]!),
  );
  const whole = body.op("Cast", [body.op("Concat", products, { axis: 0 })], { to: DATA_TYPES.float32 });
  const fromState = body.op("Mul", [
    whole,
    stateScales(
      body,
      recurrent.map(({ scales }) => scales),
    ),
  ]); // [2, B, 3·hidden]

  const gates = body.ints([2 * hiddenSize, hiddenSize]);
  const [stateRz, stateN] = body.ops("Split", [fromState, gates], 2, { axis: 2 }) as [Value, Value];
  const [inputRz, inputN] = body.ops("Split", [body.op("Concat", inputs, { axis: 0 }), gates], 2, { axis: 2 }) as [
    Value,
    Value,
  ];
  const rz = body.op("Sigmoid", [body.op("Add", [inputRz, stateRz])]);
  const [r, z] = body.ops("Split", [rz], 2, { axis: 2 }) as [Value, Value];
  const biases = DIRECTIONS.map((end) => weightOf(weights, `${name}.bias_hh_${end}`).data.subarray(2 * hiddenSize));
  const bias = body.constant(`${name}/bias_n`, "float32", joined(biases), [2, 1, hiddenSize]);
  const reset = body.op("Mul", [r, body.op("Add", [stateN, bias])]);
  const n = body.op("Tanh", [body.op("Add", [inputN, reset])]);
  const mixed = body.op("Add", [n, body.op("Mul", [z, body.op("Sub", [state, n])])]);
  const next = body.op("Mul", [mixed, body.op("Concat", masks, { axis: 0 })]);

  body.result(next, "float32", [2, "batch", hiddenSize]);
  for (const output of body.ops("Split", [next], 2, { axis: 0 }))
    body.result(output, "float32", [1, "batch", hiddenSize]);
  return body;
}

/** [2, 1, 3·hidden]: what a unit of the whole numbers' product is worth. */
function stateScales(body: GraphBuilder, scales: readonly Float32Array[]): Value {
  const units = joined(scales).map((scale) => scale * STATE_SCALE);
  return body.constant(`${body.name}/scales`, "float32", units, [2, 1, units.length / 2]);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
