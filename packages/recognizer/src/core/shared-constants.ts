/**
 * A bundle's two graphs share their weights: model.onnx holds them, and step.onnx names what it lacks. Before it can be
 * run, its constants are added to it; nothing of the graph itself need be understood.
 */
import { joinBytes } from "../audio/join-arrays.js";
import { ATTRIBUTE, GRAPH, MODEL, NODE, TENSOR } from "./onnx-fields.js";
import { field, fieldsOf, textsOf } from "./protobuf.js";

/** The bytes of a graph that can be run: `step`, with those constants of `model` that it names. */
export function withSharedConstants(step: Uint8Array, model: Uint8Array): Uint8Array {
  const names = new Set<string>();
  for (const graph of fieldsOf(step, MODEL.graph)) collectInputs(graph, names);
  const constants: Uint8Array[] = [];
  for (const graph of fieldsOf(model, MODEL.graph)) {
    for (const tensor of fieldsOf(graph, GRAPH.initializer)) {
      const [name] = textsOf(tensor, TENSOR.name);
      if (name !== undefined && names.has(name)) constants.push(...field(GRAPH.initializer, [tensor]));
    }
  }
  return joinBytes([step, ...field(MODEL.graph, constants)]);
}

/** What a graph's nodes take in, those of graphs within them too. */
function collectInputs(graph: Uint8Array, names: Set<string>): void {
  for (const node of fieldsOf(graph, GRAPH.node)) collectNodeInputs(node, names);
}

/** What a node takes in, and those of graphs within it. */
export function collectNodeInputs(node: Uint8Array, names: Set<string>): void {
  for (const input of textsOf(node, NODE.input)) names.add(input);
  for (const attribute of fieldsOf(node, NODE.attribute)) {
    for (const inner of fieldsOf(attribute, ATTRIBUTE.graph)) collectInputs(inner, names);
  }
}
