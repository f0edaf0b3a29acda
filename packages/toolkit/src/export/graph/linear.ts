/** Matrix products with trained weights. */
import type { Value } from "../onnx/graph-builder.js";
import { type Context, parameter } from "./layers.js";
import { quantisedProduct, quantiseRows } from "./quantise.js";
import { floatConstant, transposeLast, weightOf } from "./weights.js";

/** input · weightᵀ + bias over the last axis. */
export function linear(context: Context, input: Value, name: string): Value {
  const { graph, weights, precision } = context;
  if (precision === "int8") {
    const product = quantisedProduct(context, quantiseRows(graph, input), `${name}.weight`);
    return graph.op("Add", [product, parameter(context, `${name}.bias`)]);
  }
  const weight = transposeLast(weightOf(weights, `${name}.weight`)); // [in, out]
  const product = graph.op("MatMul", [input, floatConstant(graph, `${name}.weight`, weight, precision)]);
  return graph.op("Add", [product, parameter(context, `${name}.bias`)]);
}
