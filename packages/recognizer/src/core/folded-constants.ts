/**
 * What a graph makes of its stored weights before anything else: halves and 8-bit numbers become floats, and are scaled.
 * ONNX Runtime folds such constants too, when a session is opened, but takes several times as long as here for the few
 * operators that exports use, and keeps what it needed on the way in WebAssembly's memory, which never shrinks.
 *
 * The floats are handed over beside the graph, as ONNX's external data, so that they are copied once.
 */
import { joinBytes } from "../audio/join-arrays.js";
import { ATTRIBUTE, DATA_TYPES, ENTRY, EXTERNAL, GRAPH, MODEL, NODE, TENSOR, VALUE } from "./onnx-fields.js";
import { allFields, field, fieldsOf, numberField, numbersOf, textsOf } from "./protobuf.js";
import { collectNodeInputs } from "./shared-constants.js";

export interface FoldedGraph {
  readonly graph: Uint8Array;
  /** Constants by what the graph calls them. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

export interface Floats {
  readonly dims: readonly number[];
  /** Computed when it is first asked for: not every constant is. */
  readonly data: Float32Array<ArrayBuffer>;
}

function floats(dims: readonly number[], compute: () => Float32Array<ArrayBuffer>): Floats {
  let data: Float32Array<ArrayBuffer> | undefined;
  return {
    dims,
    get data() {
      data ??= compute();
      return data;
    },
  };
}

export interface Node {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly bytes: Uint8Array;
}

/** Constants as the graph stores them, by name, and what was computed of them. */
export interface Constants {
  readonly stored: ReadonlyMap<string, Uint8Array>;
  readonly folded: Map<string, Floats>;
}

/** A model taken apart, with what its stored weights make of constants. */
export interface TakenApart extends Constants {
  /** What is left of the model without its nodes, constants, inputs and outputs. */
  readonly rest: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
  /** All of them, in order. */
  readonly nodes: readonly Node[];
  /** Those that no constant stands for. */
  readonly kept: readonly Node[];
}

export function takeApart(model: Uint8Array): TakenApart {
  const graphs = [...fieldsOf(model, MODEL.graph)];
  const partsOf = (number: number) => graphs.flatMap((graph) => [...fieldsOf(graph, number)]);
  const stored = new Map(partsOf(GRAPH.initializer).map((tensor) => [textsOf(tensor, TENSOR.name)[0] ?? "", tensor]));
  const folded = new Map<string, Floats>();
  const nodes = partsOf(GRAPH.node).map(nodeOf);
  const kept = nodes.filter((node) => !fold(node, { stored, folded }));
  const rest = [
    ...without(model, [MODEL.graph]),
    ...graphs.flatMap((graph) => field(MODEL.graph, withoutContent(graph))),
  ];
  return { rest, inputs: partsOf(GRAPH.input), outputs: partsOf(GRAPH.output), nodes, kept, stored, folded };
}

/** What a graph is made of that computes part of a model. */
export interface GraphContent {
  readonly nodes: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** A graph of those nodes, and the constants that they and the outputs name. */
export function putTogether(
  { rest, stored, folded }: TakenApart,
  { nodes, inputs, outputs }: GraphContent,
): FoldedGraph {
  const wanted = new Set(outputs.flatMap((value) => textsOf(value, VALUE.name)));
  for (const node of nodes) collectNodeInputs(node, wanted);
  const own = [...stored].filter(([name]) => wanted.has(name));
  const external = [...folded].filter(([name]) => wanted.has(name));
  return {
    graph: joinBytes([
      ...rest,
      ...field(MODEL.graph, [
        ...nodes.flatMap((node) => field(GRAPH.node, [node])),
        ...own.flatMap(([, tensor]) => field(GRAPH.initializer, [tensor])),
        ...external.flatMap(([name, { dims }]) => field(GRAPH.initializer, externalTensor(name, dims))),
        ...inputs.flatMap((value) => field(GRAPH.input, [value])),
        ...outputs.flatMap((value) => field(GRAPH.output, [value])),
      ]),
    ]),
    externalData: external.map(([path, { data }]) => ({ path, data: new Uint8Array(data.buffer) })),
  };
}

/** The same graph, to the last bit of what it computes. @param parts of the model */
export function foldConstants(model: Uint8Array, parts = takeApart(model)): FoldedGraph {
  if (parts.folded.size === 0) return { graph: model, externalData: [] };
  return putTogether(parts, { ...parts, nodes: parts.kept.map(({ bytes }) => bytes) });
}

function nodeOf(bytes: Uint8Array): Node {
  const [opType = ""] = textsOf(bytes, NODE.opType);
  return { opType, inputs: textsOf(bytes, NODE.input), outputs: textsOf(bytes, NODE.output), bytes };
}

const withoutContent = (graph: Uint8Array) =>
  without(graph, [GRAPH.node, GRAPH.initializer, GRAPH.input, GRAPH.output]);

function without(message: Uint8Array, numbers: readonly number[]): Uint8Array[] {
  return Array.from(allFields(message))
    .filter(({ number }) => !numbers.includes(number))
    .map(({ whole }) => whole);
}

/** Whether the node's result is a constant, which then is among the folded ones. */
function fold(node: Node, constants: Constants): boolean {
  const result = FOLDS[node.opType]?.(node, constants);
  if (result) constants.folded.set(node.outputs[0]!, result);
  return result !== undefined;
}

/** What is not as exports write it is left to ONNX Runtime. */
const FOLDS: Readonly<Record<string, (node: Node, constants: Constants) => Floats | undefined>> = {
  Cast({ inputs: [name = ""], bytes }, { stored }) {
    const tensor = stored.get(name);
    return tensor && attributeOf(bytes, "to") === DATA_TYPES.float32 ? floatsOf(tensor) : undefined;
  },
  Reshape({ inputs: [name = "", shape = ""] }, { stored, folded }) {
    const given = folded.get(name);
    const dims = stored.has(shape) ? wholeNumbersOf(stored.get(shape)!) : undefined;
    return given && dims && sizeOf(dims) === sizeOf(given.dims) ? floats(dims, () => given.data) : undefined;
  },
  Mul({ inputs: [left = "", right = ""] }, { folded }) {
    const [given, scales] = [folded.get(left), folded.get(right)];
    return given && scales && scaled(given, scales);
  },
};

/** A node's attribute, a whole number. */
export function attributeOf(node: Uint8Array, name: string): number | undefined {
  const attribute = attributeNamed(node, name);
  return attribute && numbersOf(attribute, ATTRIBUTE.int)[0];
}

/** The bytes of one. */
export function attributeNamed(node: Uint8Array, name: string): Uint8Array | undefined {
  return [...fieldsOf(node, NODE.attribute)].find((attribute) => textsOf(attribute, ATTRIBUTE.name)[0] === name);
}

function floatsOf(tensor: Uint8Array): Floats | undefined {
  const [dataType] = numbersOf(tensor, TENSOR.dataType);
  const [raw] = fieldsOf(tensor, TENSOR.rawData);
  const dims = numbersOf(tensor, TENSOR.dims);
  if (raw && dataType === DATA_TYPES.int8 && raw.length === sizeOf(dims)) {
    return floats(dims, () => new Float32Array(new Int8Array(copied(raw))));
  }
  if (raw && dataType === DATA_TYPES.float16 && raw.length === 2 * sizeOf(dims)) {
    return floats(dims, () => halvesToFloats(new Uint16Array(copied(raw))));
  }
  return undefined;
}

function wholeNumbersOf(tensor: Uint8Array): number[] | undefined {
  const [raw] = fieldsOf(tensor, TENSOR.rawData);
  if (!raw || numbersOf(tensor, TENSOR.dataType)[0] !== DATA_TYPES.int64) return undefined;
  return Array.from(new BigInt64Array(new Uint8Array(raw).buffer), Number);
}

/** In the file, values begin at any byte. */
function copied(raw: Uint8Array): ArrayBuffer {
  return new Uint8Array(raw).buffer;
}

/** The product, where the scales are of the same shape but for one axis, along which they are one. */
function scaled(given: Floats, scales: Floats): Floats | undefined {
  const { dims } = given;
  const axis = dims.findIndex((length, i) => length !== scales.dims[i]);
  const size = dims[axis] ?? 1;
  if (scales.dims.length !== dims.length || sizeOf(scales.dims) * size !== sizeOf(dims)) return undefined;
  if (axis >= 0 && scales.dims[axis] !== 1) return undefined;
  const stride = axis < 0 ? 1 : sizeOf(dims.slice(axis + 1));
  return floats(dims, () => scaledAlong(given.data, scales.data, { size, stride }));
}

function scaledAlong(data: Float32Array, scales: Float32Array, { size, stride }: { size: number; stride: number }) {
  const product = new Float32Array(data.length);
  const block = size * stride;
  for (let start = 0, first = 0; start < data.length; start += block, first += stride) {
    for (let inner = 0; inner < stride; inner++) {
      const scale = scales[first + inner]!;
      for (let at = start + inner; at < start + block; at += stride) product[at] = data[at]! * scale;
    }
  }
  return product;
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

function externalTensor(name: string, dims: readonly number[]): Uint8Array[] {
  const text = (value: string) => new TextEncoder().encode(value);
  const entry = (key: string, value: string) =>
    field(TENSOR.externalData, [...field(ENTRY.key, [text(key)]), ...field(ENTRY.value, [text(value)])]);
  return [
    ...dims.map((length) => numberField(TENSOR.dims, length)),
    numberField(TENSOR.dataType, DATA_TYPES.float32),
    ...field(TENSOR.name, [text(name)]),
    ...entry("location", name),
    ...entry("offset", "0"),
    ...entry("length", String(4 * sizeOf(dims))),
    numberField(TENSOR.dataLocation, EXTERNAL),
  ];
}

let table: Float32Array | undefined;

function halvesToFloats(halves: Uint16Array): Float32Array<ArrayBuffer> {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => halfToFloat(half));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
  return floats;
}

/** The value of a half's 16 bits, which a float32 holds exactly. */
function halfToFloat(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}
