/**
 * A model cut at its recurrent layers: graphs for ONNX Runtime, and between them recurrences, for which there is something
 * faster (packed-recurrence.ts). What a layer's inputs say of its gates, a product of matrices, is the graph's before it.
 */
import { joinBytes } from "../audio/join-arrays.js";
import { attributeOf, type FoldedGraph, type Node, putTogether, type TakenApart } from "./folded-constants.js";
import { ATTRIBUTE, DATA_TYPES, INT_ATTRIBUTE, NODE, TENSOR, TENSOR_TYPE, TYPE, VALUE } from "./onnx-fields.js";
import type { RecurrentWeights } from "./packed-recurrence.js";
import { field, fieldsOf, numberField, numbersOf, textsOf } from "./protobuf.js";
import { collectNodeInputs } from "./shared-constants.js";

/** A graph of the model's. */
export interface ModelPart extends FoldedGraph {
  /** What it takes, by name. */
  readonly inputs: readonly string[];
}

/** What comes between one part and the next. */
export interface CutRecurrence extends RecurrentWeights {
  /** [frames · batch, directions · 3·hidden], an output of the part before. */
  readonly gates: string;
  /** int32 [batch], an output of the part before. */
  readonly lengths: string;
  /** [frames, directions, batch, hidden], an input of the parts that follow. */
  readonly output: string;
}

export interface CutModel {
  /** One more than recurrences. */
  readonly parts: readonly ModelPart[];
  readonly recurrences: readonly CutRecurrence[];
}

/** A GRU, and what it is made of. */
interface Layer {
  readonly input: string;
  readonly weights: string;
  readonly recurrence: CutRecurrence;
  /** [directions · 3·hidden]: all that is added before the gates but `stateBias`. */
  readonly bias: Float32Array<ArrayBuffer>;
}

/**
 * @param parts of a bundle's graph, as exports write it
 * @returns undefined where it has no layers of GRUs with weights of 8 bits, one after another
 */
export function cutAtRecurrences(parts: TakenApart): CutModel | undefined {
  const producers = new Map(parts.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const layers = parts.nodes.filter(({ opType }) => opType === "GRU").map((node) => layerOf(node, parts, producers));
  if (layers.length === 0 || !layers.every((layer) => layer !== undefined)) return undefined;
  const stageOf = stages(producers, layers);
  // The n-th stands on n others.
  if (layers.some(({ input }, i) => stageOf(input) !== i)) return undefined;
  return {
    recurrences: layers.map(({ recurrence }) => recurrence),
    parts: Array.from({ length: layers.length + 1 }, (_, stage) => {
      const told = parts.outputs.filter((value) => stageOf(textsOf(value, VALUE.name)[0]!) === stage);
      return partOf(parts, { layers, layer: layers[stage], told });
    }),
  };
}

/** How many layers a value stands on. */
function stages(producers: ReadonlyMap<string, Node>, layers: readonly Layer[]): (value: string) => number {
  const known = new Map(layers.map(({ recurrence }, i) => [recurrence.output, i + 1]));
  const stageOf = (value: string): number => {
    const found = known.get(value);
    if (found !== undefined) return found;
    known.set(value, 0);
    const producer = producers.get(value);
    const stage = producer ? Math.max(0, ...inputsOf(producer).map(stageOf)) : 0;
    known.set(value, stage);
    return stage;
  };
  return stageOf;
}

function inputsOf({ bytes }: Node): string[] {
  const names = new Set<string>();
  collectNodeInputs(bytes, names);
  return [...names].filter((name) => name !== "");
}

/** Undefined where it is none that exports write with weights of 8 bits. */
function layerOf(node: Node, parts: TakenApart, producers: ReadonlyMap<string, Node>): Layer | undefined {
  const [input, weights = "", recurrent = "", biases = "", lengths = "", start = ""] = node.inputs;
  const bias = parts.folded.get(biases);
  const stored = storedIn8Bits(recurrent, parts, producers);
  const isUsual = attributeOf(node.bytes, "linear_before_reset") === 1 && lengths !== "" && start === "";
  const [output = "", last = ""] = node.outputs;
  const isLastUsed = last !== "" && parts.nodes.some((other) => inputsOf(other).includes(last));
  if (!input || !bias || !stored || !isUsual || isLastUsed || !parts.folded.has(weights)) return undefined;
  const [directions = 0, rows = 0] = stored.dims;
  const hidden = rows / 3;
  const stateBias = new Float32Array(directions * hidden);
  const rest = new Float32Array(directions * rows);
  for (let direction = 0; direction < directions; direction++) {
    const own = bias.data.subarray(direction * 2 * rows, (direction + 1) * 2 * rows);
    for (let row = 0; row < rows; row++) {
      const isNew = row >= 2 * hidden;
      if (isNew) stateBias[direction * hidden + row - 2 * hidden] = own[rows + row]!;
      rest[direction * rows + row] = own[row]! + (isNew ? 0 : own[rows + row]!);
    }
  }
  const { data, scales } = stored;
  const names = { gates: `${output}:gates`, lengths, output };
  const recurrence = { directions, hidden, weights: data, scales, stateBias, ...names };
  return { input, weights, recurrence, bias: rest };
}

/** What `matrixConstant` of the toolkit's export/graph/expanded-weights.ts made of a weight [directions, rows, inputs]. */
function storedIn8Bits(value: string, parts: TakenApart, producers: ReadonlyMap<string, Node>) {
  const product = producers.get(producers.get(value)?.inputs[0] ?? "");
  if (product?.opType !== "Mul") return undefined;
  const [grouped = "", scaleName = ""] = product.inputs;
  const tensor = parts.stored.get(producers.get(producers.get(grouped)?.inputs[0] ?? "")?.inputs[0] ?? "");
  const scales = parts.folded.get(scaleName);
  const dims = parts.folded.get(value)?.dims;
  if (!tensor || !scales || dims?.length !== 3 || numbersOf(tensor, TENSOR.dataType)[0] !== DATA_TYPES.int8)
    return undefined;
  const [raw] = fieldsOf(tensor, TENSOR.rawData);
  return { data: new Int8Array(new Uint8Array(raw!).buffer), scales: scales.data, dims };
}

/** The graph that ends with a layer's gates, or the model's end, and beside it whatever outputs are known by then. */
function partOf(
  parts: TakenApart,
  { layers, layer, told }: { layers: readonly Layer[]; layer: Layer | undefined; told: readonly Uint8Array[] },
): ModelPart {
  const nameOf = (message: Uint8Array) => textsOf(message, VALUE.name)[0]!;
  const given = new Set([...parts.inputs.map(nameOf), ...layers.map(({ recurrence }) => recurrence.output)]);
  const wanted = new Set(told.map(nameOf));
  if (layer) for (const name of [layer.input, layer.recurrence.lengths]) wanted.add(name);
  const nodes: Uint8Array[] = [];
  for (const node of parts.kept.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name) && !given.has(name))) continue;
    nodes.unshift(node.bytes);
    collectNodeInputs(node.bytes, wanted);
  }
  const inputs = [
    ...parts.inputs.filter((value) => wanted.has(nameOf(value))),
    ...layers
      .filter(({ recurrence }) => wanted.has(recurrence.output))
      .map(({ recurrence }) => value(recurrence.output, DATA_TYPES.float32)),
  ];
  const outputs = [
    ...told,
    ...(layer
      ? [value(layer.recurrence.gates, DATA_TYPES.float32), value(layer.recurrence.lengths, DATA_TYPES.int32)]
      : []),
  ];
  const content = { nodes: [...nodes, ...(layer ? gateNodes(layer) : [])], inputs, outputs };
  const graph = putTogether(layer ? withGateConstants(parts, layer) : parts, content);
  return { ...graph, inputs: inputs.map(nameOf) };
}

/** The product of a layer's inputs and weights, in which all frames of all utterances are rows. */
function gateNodes({ input, recurrence: { gates } }: Layer): Uint8Array[] {
  return [
    nodeBytes("Flatten", [input], `${gates}:rows`, { axis: 2 }),
    nodeBytes("Gemm", [`${gates}:rows`, `${gates}:weights`, `${gates}:bias`], gates, { transB: 1 }),
  ];
}

function withGateConstants(parts: TakenApart, { weights, bias, recurrence: { gates } }: Layer): TakenApart {
  const { data, dims } = parts.folded.get(weights)!;
  const folded = new Map(parts.folded);
  folded.set(`${gates}:weights`, { data, dims: [bias.length, dims.at(-1)!] });
  folded.set(`${gates}:bias`, { data: bias, dims: [bias.length] });
  return { ...parts, folded };
}

const text = (characters: string) => [new TextEncoder().encode(characters)];

function nodeBytes(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>>,
): Uint8Array {
  return joinBytes([
    ...inputs.flatMap((name) => field(NODE.input, text(name))),
    ...field(NODE.output, text(output)),
    ...field(NODE.opType, text(opType)),
    ...Object.entries(attributes).flatMap(([name, number]) =>
      field(NODE.attribute, [
        ...field(ATTRIBUTE.name, text(name)),
        numberField(ATTRIBUTE.int, number),
        numberField(ATTRIBUTE.type, INT_ATTRIBUTE),
      ]),
    ),
  ]);
}

/** A graph's input or output, of any shape. */
function value(name: string, element: number): Uint8Array {
  const tensor = field(TYPE.tensor, [numberField(TENSOR_TYPE.element, element)]);
  return joinBytes([...field(VALUE.name, text(name)), ...field(VALUE.type, tensor)]);
}
