/**
 * A model cut at what takes longest, its GRUs and large products: graphs for ONNX Runtime, and between them layers, for which
 * there is something faster (packed-recurrence.ts, packed-product.ts).
 */
import { joinBytes } from "../audio/join-arrays.js";
import { attributeOf, type FoldedGraph, type Node, putTogether, type TakenApart } from "./folded-constants.js";
import { DATA_TYPES, TENSOR, TENSOR_TYPE, TYPE, VALUE } from "./onnx-fields.js";
import { PackedProduct, type ProductWeights } from "./packed-product.js";
import { PackedRecurrence, type RecurrentWeights } from "./packed-recurrence.js";
import { field, fieldsOf, numberField, numbersOf, textsOf } from "./protobuf.js";
import { collectNodeInputs } from "./shared-constants.js";

/** A graph of the model's. */
export interface ModelPart extends FoldedGraph {
  /** What it takes, by name. */
  readonly inputs: readonly string[];
}

/** What comes between one part and the next. */
export interface CutLayer {
  /** [..., inputs], an output of the part before. */
  readonly input: string;
  /** An input of the parts that follow: [..., outputs], or [frames, directions, batch, hidden] where there is a recurrence. */
  readonly output: string;
  readonly product: ProductWeights;
  /** Of a GRU, whose gates the product tells. */
  readonly recurrence?: RecurrentWeights & {
    /** int32 [batch], an output of the part before. */
    readonly lengths: string;
  };
}

export interface CutModel {
  /** One more than layers. */
  readonly parts: readonly ModelPart[];
  readonly layers: readonly CutLayer[];
}

/** Of a product that is worth a cut. */
const LEAST_WEIGHTS = 2 ** 16;

/**
 * @param parts of a bundle's graph, as exports write it
 * @returns undefined where it has no layers of GRUs with weights of 8 bits, one after another
 */
export function cutModel(parts: TakenApart): CutModel | undefined {
  const producers = new Map(parts.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const grus = parts.nodes.filter(({ opType }) => opType === "GRU");
  const layers = parts.nodes.flatMap((node) => layerOf(node, parts, producers) ?? []);
  if (grus.length === 0 || layers.filter(({ recurrence }) => recurrence).length < grus.length) return undefined;
  const stageOf = stages(producers, layers);
  // The n-th stands on n others.
  if (layers.some(({ input }, i) => stageOf(input) !== i)) return undefined;
  return {
    layers,
    parts: Array.from({ length: layers.length + 1 }, (_, stage) => {
      const told = parts.outputs.filter((value) => stageOf(textsOf(value, VALUE.name)[0]!) === stage);
      return partOf(parts, { layers, layer: layers[stage], told });
    }),
  };
}

/** How many layers a value stands on. */
function stages(producers: ReadonlyMap<string, Node>, layers: readonly CutLayer[]): (value: string) => number {
  const known = new Map(layers.map(({ output }, i) => [output, i + 1]));
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

/** Undefined where it is to be ONNX Runtime's. */
function layerOf(node: Node, parts: TakenApart, producers: ReadonlyMap<string, Node>): CutLayer | undefined {
  if (node.opType === "MatMul") return productOf(node, parts);
  return node.opType === "GRU" ? gruOf(node, parts, producers) : undefined;
}

function productOf({ inputs: [input = "", name = ""], outputs: [output = ""] }: Node, parts: TakenApart) {
  const weights = parts.folded.get(name);
  const [inputs = 0, outputs = 0, ...more] = weights?.dims ?? [];
  if (!weights || parts.folded.has(input) || more.length > 0 || inputs * outputs < LEAST_WEIGHTS) return undefined;
  const product = { inputs, outputs, weights, isTransposed: true };
  return PackedProduct.takes(product) ? { input, output, product } : undefined;
}

/** Undefined where it is none that exports write with weights of 8 bits. */
function gruOf(node: Node, parts: TakenApart, producers: ReadonlyMap<string, Node>): CutLayer | undefined {
  const [input = "", weights = "", recurrent = "", biases = "", lengths = "", start = ""] = node.inputs;
  const ofInputs = parts.folded.get(weights);
  const bias = parts.folded.get(biases);
  const stored = storedIn8Bits(recurrent, parts, producers);
  const isUsual = attributeOf(node.bytes, "linear_before_reset") === 1 && lengths !== "" && start === "";
  const [output = "", last = ""] = node.outputs;
  const isLastUsed = last !== "" && parts.nodes.some((other) => inputsOf(other).includes(last));
  if (!ofInputs || !bias || !stored || !isUsual || isLastUsed) return undefined;
  const [directions = 0, rows = 0] = stored.dims;
  const ofGates = biasesFrom(bias.data, { directions, rows });
  const { data, scales } = stored;
  const recurrence = { directions, hidden: rows / 3, weights: data, scales, stateBias: ofGates.stateBias, lengths };
  const product = {
    inputs: ofInputs.dims.at(-1)!,
    outputs: directions * rows,
    weights: ofInputs,
    isTransposed: false,
    bias: ofGates.bias,
  };
  return PackedRecurrence.takes(recurrence) && PackedProduct.takes(product)
    ? { input, output, product, recurrence }
    : undefined;
}

/** @param biases [directions, 2 · rows]: those of inputs before those of the state */
function biasesFrom(biases: Float32Array, { directions, rows }: { directions: number; rows: number }) {
  const hidden = rows / 3;
  const bias = new Float32Array(directions * rows);
  const stateBias = new Float32Array(directions * hidden);
  for (let direction = 0; direction < directions; direction++) {
    const own = biases.subarray(direction * 2 * rows, (direction + 1) * 2 * rows);
    for (let row = 0; row < rows; row++) {
      const isNew = row >= 2 * hidden;
      if (isNew) stateBias[direction * hidden + row - 2 * hidden] = own[rows + row]!;
      bias[direction * rows + row] = own[row]! + (isNew ? 0 : own[rows + row]!);
    }
  }
  return { bias, stateBias };
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

/** The graph that ends with what a layer takes, or the model's end, and beside it whatever outputs are known by then. */
function partOf(
  parts: TakenApart,
  { layers, layer, told }: { layers: readonly CutLayer[]; layer: CutLayer | undefined; told: readonly Uint8Array[] },
): ModelPart {
  const nameOf = (message: Uint8Array) => textsOf(message, VALUE.name)[0]!;
  const given = new Set([...parts.inputs.map(nameOf), ...layers.map(({ output }) => output)]);
  const outputs = [
    ...told,
    ...(layer ? [value(layer.input, DATA_TYPES.float32)] : []),
    ...(layer?.recurrence ? [value(layer.recurrence.lengths, DATA_TYPES.int32)] : []),
  ];
  const wanted = new Set(outputs.map(nameOf));
  const nodes: Uint8Array[] = [];
  for (const node of parts.kept.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name) && !given.has(name))) continue;
    nodes.unshift(node.bytes);
    collectNodeInputs(node.bytes, wanted);
  }
  const inputs = [
    ...parts.inputs.filter((value) => wanted.has(nameOf(value))),
    ...layers.filter(({ output }) => wanted.has(output)).map(({ output }) => value(output, DATA_TYPES.float32)),
  ];
  return { ...putTogether(parts, { nodes, inputs, outputs }), inputs: inputs.map(nameOf) };
}

/** A graph's input or output, of any shape. */
function value(name: string, element: number): Uint8Array {
  const tensor = field(TYPE.tensor, [numberField(TENSOR_TYPE.element, element)]);
  return joinBytes([...field(VALUE.name, [new TextEncoder().encode(name)]), ...field(VALUE.type, tensor)]);
}
