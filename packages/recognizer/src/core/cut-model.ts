/**
 * A model cut at what takes longest: graphs for ONNX Runtime, and between them layers, for which there is something faster
 * (packed-residual.ts, packed-product.ts, packed-recurrence.ts).
 */
import { joinBytes } from "../audio/join-arrays.js";
import {
  attributeNamed,
  attributeOf,
  type FoldedGraph,
  type Node,
  putTogether,
  type TakenApart,
} from "./folded-constants.js";
import type { Norm } from "./layer-assembly.js";
import { ATTRIBUTE, DATA_TYPES, TENSOR, TENSOR_TYPE, TYPE, VALUE } from "./onnx-fields.js";
import { PackedProduct, type ProductWeights } from "./packed-product.js";
import { PackedRecurrence, type RecurrentWeights } from "./packed-recurrence.js";
import { PackedResidual, type ResidualWeights } from "./packed-residual.js";
import { field, fieldsOf, floatOf, numberField, numbersOf, textsOf } from "./protobuf.js";
import { collectNodeInputs } from "./shared-constants.js";

/** A graph of the model's. */
export interface ModelPart extends FoldedGraph {
  /** What it takes, by name. */
  readonly inputs: readonly string[];
}

/** What comes between one part and the next. */
export type CutLayer = ResidualLayer | ProductLayer | GruLayer;

interface Layer {
  /** Floats, an output of the part before. */
  readonly input: string;
  /** Floats, an input of the parts that follow. */
  readonly output: string;
}

/** [batch, channels, frames, width] → the same. */
interface ResidualLayer extends Layer {
  readonly kind: "residual";
  readonly weights: ResidualWeights;
  /** float32 [batch, 1, frames, 1], another output of the part before: 1 within an utterance, else 0. */
  readonly mask: string;
}

/** [..., inputs] → [..., outputs]. */
interface ProductLayer extends Layer {
  readonly kind: "product";
  readonly weights: ProductWeights;
}

/** [frames, batch, inputs] → [frames, directions, batch, hidden]. */
interface GruLayer extends Layer {
  readonly kind: "gru";
  /** What inputs say of the gates. */
  readonly ofInputs: ProductWeights;
  readonly ofState: RecurrentWeights;
  /** int32 [batch], another output of the part before. */
  readonly lengths: string;
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
  if (grus.length === 0 || layers.filter(({ kind }) => kind === "gru").length < grus.length) return undefined;
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
  if (node.opType === "Add") return residualOf(node, parts, producers);
  if (node.opType === "MatMul") return productOf(node, parts);
  return node.opType === "GRU" ? gruOf(node, parts, producers) : undefined;
}

/** What `residual` of the toolkit's export/graph/model-graph.ts writes ends with the sum of two convolutions' and its input. */
function residualOf(node: Node, parts: TakenApart, producers: ReadonlyMap<string, Node>): ResidualLayer | undefined {
  const [added = "", input = ""] = node.inputs;
  const by = finderOf(producers);
  const masked = by("Mul", added);
  const second = masked && convolutionOf(masked.inputs[0]!, parts, by);
  const first = second && convolutionOf(second.input, parts, by);
  const mask = masked?.inputs[1];
  if (first?.input !== input || first.mask !== mask || second?.mask !== mask || !mask) return undefined;
  const weights = { channels: first.channels, width: first.norm.scale.length, convolutions: [first, second] as const };
  const isAlike = isSame([second.channels, second.norm.scale.length], [weights.channels, weights.width]);
  if (!isAlike || !PackedResidual.takes(weights)) return undefined;
  return { kind: "residual", input, output: node.outputs[0]!, weights, mask };
}

/** The node that makes a value, if it is of that type. */
type Finder = (opType: string, name: string) => Node | undefined;

function finderOf(producers: ReadonlyMap<string, Node>): Finder {
  return (opType, name) => {
    const producer = producers.get(name);
    return producer?.opType === opType ? producer : undefined;
  };
}

/** A convolution of what LayerNorm, GELU and the mask make of an input. */
function convolutionOf(name: string, { folded }: TakenApart, by: Finder) {
  const convolution = by("Conv", name);
  const [within = "", kernel = "", bias = ""] = convolution?.inputs ?? [];
  const masked = by("Mul", within);
  const activation = masked && activationOf(masked.inputs[0]!, folded, by);
  const [weights, biases] = [folded.get(kernel), folded.get(bias)];
  const [channels = 0] = weights?.dims ?? [];
  const isPlain = convolution && isSame(weights?.dims, [channels, channels, 3, 3]) && isPadded(convolution);
  if (!isPlain || !activation || !weights || !biases) return undefined;
  return { ...activation, channels, weights: weights.data, bias: biases.data, mask: masked.inputs[1]! };
}

/** What `normaliseAndActivate` of the toolkit's export/graph/layers.ts was given, and its LayerNorm. */
function activationOf(
  name: string,
  folded: TakenApart["folded"],
  by: Finder,
): { input: string; norm: Norm } | undefined {
  const node = by("LayerNormalization", activatedOf(name, by) ?? "");
  const [input = "", ...constants] = node?.inputs ?? [];
  const [scale, shift] = constants.map((constant) => folded.get(constant));
  const epsilon = node && attributeNamed(node.bytes, "epsilon");
  if (!epsilon || !scale || !shift) return undefined;
  return { input, norm: { scale: scale.data, shift: shift.data, epsilon: floatOf(epsilon, ATTRIBUTE.float)! } };
}

/** What `gelu` of the toolkit's export/graph/layers.ts was given. */
function activatedOf(name: string, by: Finder): string | undefined {
  const [given = "", sum = ""] = by("Mul", by("Mul", name)?.inputs[0] ?? "")?.inputs ?? [];
  const erf = by("Erf", by("Add", sum)?.inputs[0] ?? "");
  return by("Div", erf?.inputs[0] ?? "")?.inputs[0] === given ? given : undefined;
}

/** Whether a convolution's image is as large as its result. */
function isPadded({ bytes }: Node): boolean {
  const numbers = (name: string) => numbersOf(attributeNamed(bytes, name) ?? new Uint8Array(), ATTRIBUTE.ints);
  return isSame(numbers("strides"), [1, 1]) && isSame(numbers("pads"), [1, 1, 1, 1]);
}

const isSame = (a: readonly number[] | undefined, b: readonly number[]) => a?.join() === b.join();

function productOf(
  { inputs: [input = "", name = ""], outputs: [output = ""] }: Node,
  parts: TakenApart,
): ProductLayer | undefined {
  const weights = parts.folded.get(name);
  const [inputs = 0, outputs = 0, ...more] = weights?.dims ?? [];
  if (!weights || parts.folded.has(input) || more.length > 0 || inputs * outputs < LEAST_WEIGHTS) return undefined;
  const product = { inputs, outputs, weights, isTransposed: true };
  return PackedProduct.takes(product) ? { kind: "product", input, output, weights: product } : undefined;
}

/** Undefined where it is none that exports write with weights of 8 bits. */
function gruOf(node: Node, parts: TakenApart, producers: ReadonlyMap<string, Node>): GruLayer | undefined {
  const [heard = "", weights = "", recurrent = "", biases = "", lengths = "", start = ""] = node.inputs;
  const activation = activationOf(heard, parts.folded, finderOf(producers));
  const kernel = parts.folded.get(weights);
  const bias = parts.folded.get(biases);
  const stored = storedIn8Bits(recurrent, parts, producers);
  const isUsual = attributeOf(node.bytes, "linear_before_reset") === 1 && lengths !== "" && start === "";
  const [output = "", last = ""] = node.outputs;
  const isLastUsed = last !== "" && parts.nodes.some((other) => inputsOf(other).includes(last));
  if (!kernel || !bias || !stored || !isUsual || isLastUsed) return undefined;
  const [directions = 0, rows = 0] = stored.dims;
  const biasOf = biasesFrom(bias.data, { directions, rows });
  const { data, scales } = stored;
  const ofState = { directions, hidden: rows / 3, weights: data, scales, stateBias: biasOf.state };
  const sizes = { inputs: kernel.dims.at(-1)!, outputs: directions * rows };
  const ofInputs = { ...sizes, weights: kernel, isTransposed: false, bias: biasOf.gates, norm: activation?.norm };
  if (!PackedRecurrence.takes(ofState) || !PackedProduct.takes(ofInputs)) return undefined;
  return { kind: "gru", input: activation?.input ?? heard, output, ofInputs, ofState, lengths };
}

/** @param biases [directions, 2 · rows]: those of inputs before those of the state */
function biasesFrom(biases: Float32Array, { directions, rows }: { directions: number; rows: number }) {
  const hidden = rows / 3;
  const gates = new Float32Array(directions * rows);
  const state = new Float32Array(directions * hidden);
  for (let direction = 0; direction < directions; direction++) {
    const own = biases.subarray(direction * 2 * rows, (direction + 1) * 2 * rows);
    for (let row = 0; row < rows; row++) {
      const isNew = row >= 2 * hidden;
      if (isNew) state[direction * hidden + row - 2 * hidden] = own[rows + row]!;
      gates[direction * rows + row] = own[row]! + (isNew ? 0 : own[rows + row]!);
    }
  }
  return { gates, state };
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
    ...(layer && !given.has(layer.input) ? [value(layer.input, DATA_TYPES.float32)] : []),
    ...(layer?.kind === "gru" ? [value(layer.lengths, DATA_TYPES.int32)] : []),
    ...(layer?.kind === "residual" ? [value(layer.mask, DATA_TYPES.float32)] : []),
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
