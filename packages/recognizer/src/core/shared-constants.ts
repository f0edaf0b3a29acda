/**
 * A bundle's two graphs share their weights: model.onnx holds them, and step.onnx names what it lacks. Before it can be
 * run, its constants are added to it. ONNX files are protocol buffers, of which two that follow one another are one that has the
 * fields of both; so nothing of the graph itself need be understood.
 *
 * Field numbers: onnx/onnx.proto3 of the ONNX project.
 */
import { joinBytes } from "../audio/join-arrays.js";

const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5 };
const NODE = { input: 1, attribute: 5 };
const ATTRIBUTE = { graph: 6 };
const TENSOR = { name: 8 };

/** The bytes of a graph that can be run: `step`, with those constants of `model` that it names. */
export function withSharedConstants(step: Uint8Array, model: Uint8Array): Uint8Array {
  const names = new Set<string>();
  for (const graph of fieldsOf(step, MODEL.graph)) collectNames(graph, names);
  const constants: Uint8Array[] = [];
  for (const graph of fieldsOf(model, MODEL.graph)) {
    for (const tensor of fieldsOf(graph, GRAPH.initializer)) {
      const [name] = fieldsOf(tensor, TENSOR.name);
      if (name && names.has(textOf(name))) constants.push(...field(GRAPH.initializer, [tensor]));
    }
  }
  return joinBytes([step, ...field(MODEL.graph, constants)]);
}

/** What nodes take in, those of graphs within them too. */
function collectNames(graph: Uint8Array, names: Set<string>): void {
  for (const node of fieldsOf(graph, GRAPH.node)) {
    for (const input of fieldsOf(node, NODE.input)) names.add(textOf(input));
    for (const attribute of fieldsOf(node, NODE.attribute)) {
      for (const inner of fieldsOf(attribute, ATTRIBUTE.graph)) collectNames(inner, names);
    }
  }
}

const LENGTH_DELIMITED = 2;
/** Bytes of the types that say it by their number: 64 bits, and 32. */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** A message's fields of one number, as views. */
function* fieldsOf(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  const reader = { message, at: 0 };
  while (reader.at < message.length) {
    const tag = varint(reader);
    const type = tag % 8;
    if (type === 0) varint(reader);
    else {
      const size = type === LENGTH_DELIMITED ? varint(reader) : (FIXED_BYTES[type] ?? message.length);
      const content = message.subarray(reader.at, reader.at + size);
      reader.at += size;
      if (type === LENGTH_DELIMITED && Math.floor(tag / 8) === wanted) yield content;
    }
  }
}

/** Numbers may be larger than 32 bits: shifts would cut them off. */
function varint(reader: { readonly message: Uint8Array; at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.message[reader.at++] ?? 0;
    value += (byte % 128) * scale;
    if (byte < 128) return value;
  }
}

function field(number: number, contents: readonly Uint8Array[]): Uint8Array[] {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  return [Uint8Array.of(...varintBytes(number * 8 + LENGTH_DELIMITED), ...varintBytes(size)), ...contents];
}

function varintBytes(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varintBytes(Math.floor(value / 128))];
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
