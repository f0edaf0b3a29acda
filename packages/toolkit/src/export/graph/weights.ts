/**
 * A trained model's parameters as plain arrays, so that graphs are built without libtorch; and the same parameters as
 * they lie in a graph. What writes a parameter and what reads it back stand side by side, here and in each layer's file.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { BundlePrecision } from "@deepspeech-ts/speech";
import { floatToHalf, halfToFloat } from "../onnx/float16.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";
import { DATA_TYPES, type TensorMessage } from "../onnx/schema.js";

export interface Weight {
  data: Float32Array;
  shape: readonly number[];
}

/** Parameters by their names in the model's state dict. */
export type Weights = ReadonlyMap<string, Weight>;
export type NamedWeight = [name: string, weight: Weight];

/** @throws Error where the model has no such parameter, which its architecture would */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new Error(`the model has no parameter ${name}`);
  return weight;
}

/**
 * A float32 constant. Under fp16 and web it is stored in half its size, and becomes float32 once, when a session is
 * opened: ONNX Runtime folds a Cast of a constant.
 */
export function floatConstant(
  graph: GraphBuilder,
  name: string,
  { data, shape }: Weight,
  precision: BundlePrecision,
): Value {
  if (precision !== "fp16" && precision !== "web") return graph.constant(name, "float32", data, shape);
  const half = graph.constant(`${name}:half`, "float16", Uint16Array.from(data, floatToHalf), shape);
  return graph.op("Cast", [half], { to: DATA_TYPES.float32 });
}

/** The constants of a graph that was read from a file. */
export interface Constants {
  /** Names the file in errors. */
  source: string;
  byName: ReadonlyMap<string, TensorMessage>;
}

/**
 * What `floatConstant` stored, in float32 whatever its precision was.
 * @throws UserError where the graph has no such floats
 */
export function readFloats(constants: Constants, name: string): Weight {
  const { byName } = constants;
  const half = byName.get(`${name}:half`);
  const { dims = [], dataType, rawData } = half ?? byName.get(name) ?? {};
  const size = dims.reduce((product, length) => product * length, half ? 2 : 4);
  if (dataType !== (half ? DATA_TYPES.float16 : DATA_TYPES.float32) || rawData?.length !== size) {
    throw refuseFloats(constants, name);
  }
  // A copy: in the file, values begin at any byte.
  const { buffer } = new Uint8Array(rawData);
  return {
    data: half ? new Float32Array(new Uint16Array(buffer)).map(halfToFloat) : new Float32Array(buffer),
    shape: dims,
  };
}

export function refuseFloats({ source }: Constants, name: string): UserError {
  const advice = 'fine-tune from a checkpoint, or from a bundle that "deepspeech export" wrote';
  return new UserError(`${source}: its graph holds no floats by the name ${name}; ${advice}.`, { code: "bad-bundle" });
}

/** Swaps the last two axes; done twice, it gives back what there was. */
export function transposeLast({ data, shape }: Weight): Weight {
  const [rows = 1, columns = 1] = shape.slice(-2);
  const size = rows * columns;
  const transposed = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        transposed[start + column * rows + row] = data[start + row * columns + column]!;
      }
    }
  }
  return { data: transposed, shape: [...shape.slice(0, -2), columns, rows] };
}
