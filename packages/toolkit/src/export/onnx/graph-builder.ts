/**
 * Writes an ONNX graph as code reads: each call adds one node and gives the name of its result, so that a layer is a
 * function from names to names. Constants that are equal in name are stored once.
 */
import { ATTRIBUTE_TYPES, type AttributeMessage, DATA_TYPES, type DataType, type GraphMessage } from "./schema.js";

/** The name of a tensor in the graph. */
export type Value = string;

/** A size that is known, or the name of one that each run decides. */
export type Dimension = number | string;

export type Attribute = number | string | readonly number[] | readonly string[] | { float: number } | GraphBuilder;

type Data = Float32Array | Uint16Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

export class GraphBuilder {
  readonly #graph: GraphMessage;
  readonly #constants = new Set<string>();
  #numValues = 0;

  /** @param name also the beginning of its values' names, which a graph inside another must not share with it */
  constructor(readonly name: string) {
    this.#graph = { name, node: [], initializer: [], input: [], output: [] };
  }

  /** Declares an input. */
  input(name: string, type: DataType, shape: readonly Dimension[]): Value {
    this.#graph.input.push(valueInfo(name, type, shape));
    return name;
  }

  /** Declares an output under the value's own name. */
  result(value: Value, type: DataType, shape: readonly Dimension[]): void {
    this.#graph.output.push(valueInfo(value, type, shape));
  }

  /** Declares an output, and gives `value` its name. */
  output(name: string, value: Value, type: DataType, shape: readonly Dimension[]): void {
    this.#graph.node.push({ name, opType: "Identity", input: [value], output: [name], attribute: [] });
    this.result(name, type, shape);
  }

  /**
   * Adds a node with one result.
   * @param attributes a whole number becomes an int, `{ float }` a float, a builder a graph
   */
  op(opType: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.ops(opType, inputs, 1, attributes)[0]!;
  }

  /** Adds a node with several results. */
  ops(
    opType: string,
    inputs: readonly Value[],
    numOutputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const name = `${this.#graph.name}/${opType}_${this.#numValues++}`;
    const output = Array.from({ length: numOutputs }, (_, i) => (numOutputs === 1 ? name : `${name}.${i}`));
    const attribute = Object.entries(attributes).map(([key, value]) => attributeMessage(key, value));
    this.#graph.node.push({ name, opType, input: [...inputs], output, attribute });
    return output;
  }

  /** A named constant; a second of the same name is the first. */
  constant(name: string, type: DataType, data: Data, dims: readonly number[]): Value {
    if (this.#constants.has(name)) return name;
    this.#constants.add(name);
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#graph.initializer.push({ name, dims: [...dims], dataType: DATA_TYPES[type], rawData });
    return name;
  }

  /** Whole numbers as an int64 vector, or as a scalar where one is given bare. */
  ints(values: number | readonly number[]): Value {
    const list = typeof values === "number" ? [values] : values;
    const name = `${this.#graph.name}/int64:${typeof values === "number" ? values : `[${values.join(",")}]`}`;
    return this.constant(
      name,
      "int64",
      BigInt64Array.from(list, BigInt),
      typeof values === "number" ? [] : [list.length],
    );
  }

  /** A float32 scalar. */
  float(value: number): Value {
    return this.constant(`${this.#graph.name}/float:${value}`, "float32", Float32Array.of(value), []);
  }

  /** The finished graph. */
  build(): GraphMessage {
    return this.#graph;
  }
}

function valueInfo(name: string, type: DataType, shape: readonly Dimension[]) {
  const dim = shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}

const encode = (text: string) => new TextEncoder().encode(text);

function attributeMessage(name: string, value: Attribute): AttributeMessage {
  if (typeof value === "number") return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if (typeof value === "string") return { name, type: ATTRIBUTE_TYPES.string, s: encode(value) };
  if (value instanceof GraphBuilder) return { name, type: ATTRIBUTE_TYPES.graph, g: value.build() };
  if ("float" in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  if (typeof value[0] === "string")
    return { name, type: ATTRIBUTE_TYPES.strings, strings: value.map((text) => encode(String(text))) };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: value.map(Number) };
}
