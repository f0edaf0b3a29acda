/** Matrix products with trained weights. */
import type { Value } from "../onnx/graph-builder.js";
import { matrixConstant, readMatrix } from "./expanded-weights.js";
import { type Context, parameter, readParameter } from "./layers.js";
import { quantisedProduct, quantiseRows } from "./quantise.js";
import { type Constants, type NamedWeight, transposeLast, weightOf } from "./weights.js";

/** input · weightᵀ + bias over the last axis. */
export function linear(context: Context, input: Value, name: string): Value {
  const { graph, weights, precision } = context;
  if (precision === "int8") {
    const weight = weightOf(weights, `${name}.weight`);
    const product = quantisedProduct(graph, quantiseRows(graph, input), `${name}.weight`, weight);
    return graph.op("Add", [product, parameter(context, `${name}.bias`)]);
  }
  const weight = transposeLast(weightOf(weights, `${name}.weight`)); // [in, out]
  const matrix = matrixConstant(graph, `${name}.weight`, weight, { precision, inputAxis: 0 });
  const product = graph.op("MatMul", [input, matrix]);
  return graph.op("Add", [product, parameter(context, `${name}.bias`)]);
}

/** The parameters of `linear`, but for those that products round with their inputs. */
export function readLinear(constants: Constants, name: string): NamedWeight[] {
  const weight = transposeLast(readMatrix(constants, `${name}.weight`, 0)); // [out, in]
  return [[`${name}.weight`, weight], readParameter(constants, `${name}.bias`)];
}
