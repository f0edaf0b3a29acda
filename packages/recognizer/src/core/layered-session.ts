/** A model that was cut at its layers (cut-model.ts), run part by part as if it were one graph. */
import { type CutLayer, cutModel, type ModelPart } from "./cut-model.js";
import type { TakenApart } from "./folded-constants.js";
import { LayerAssembly } from "./layer-assembly.js";
import { PackedProduct } from "./packed-product.js";
import { PackedRecurrence } from "./packed-recurrence.js";
import { PackedResidual } from "./packed-residual.js";
import type { TensorData } from "./tensor-data.js";

type Values<Tensor> = Readonly<Record<string, Tensor>>;

interface PartSession<Tensor> {
  run(inputs: Values<Tensor>): Promise<Values<TensorData>>;
}

export interface PartRuntime<Tensor> {
  /** Starts ONNX Runtime over one part. */
  open(part: ModelPart): Promise<PartSession<Tensor>>;
  toTensor(data: TensorData): Tensor;
}

/** A part, and the layer behind it; not what they were made of, which is as large as the model. */
interface Stage<Tensor> {
  readonly session: PartSession<Tensor>;
  /** What it takes, by name. */
  readonly inputs: readonly string[];
  readonly layer: Layer | undefined;
}

interface Layer {
  readonly input: string;
  /** What it takes beside the input. */
  readonly beside: string | undefined;
  readonly output: string;
  run(input: TensorData, beside: TensorData | undefined): TensorData;
}

export class LayeredSession<Tensor> {
  readonly #stages: readonly Stage<Tensor>[];
  readonly #toTensor: (data: TensorData) => Tensor;

  /**
   * @param parts of the bundle's graph
   * @returns undefined for a graph that is to be run whole: of other weights or sizes, or where WebAssembly has no vectors
   */
  static async open<Tensor>(
    parts: TakenApart,
    { open, toTensor }: PartRuntime<Tensor>,
  ): Promise<LayeredSession<Tensor> | undefined> {
    const model = cutModel(parts);
    const layers = model && packed(model.layers);
    if (!model || !layers) return undefined;
    const stages: Stage<Tensor>[] = [];
    // One after another: what opens them may have one place for the constants of all.
    for (const [i, part] of model.parts.entries()) {
      stages.push({ session: await open(part), inputs: part.inputs, layer: layers[i] });
    }
    return new LayeredSession(stages, toTensor);
  }

  private constructor(stages: readonly Stage<Tensor>[], toTensor: (data: TensorData) => Tensor) {
    this.#stages = stages;
    this.#toTensor = toTensor;
  }

  /** As ONNX Runtime's sessions do. @param outputNames default: all of them */
  async run(inputs: Values<Tensor>, outputNames?: readonly string[]): Promise<Values<TensorData>> {
    const told: Record<string, TensorData> = {};
    /** By layers. */
    const made: Record<string, TensorData> = {};
    for (const { session, inputs: names, layer } of this.#stages) {
      const taken = names.map((name) => [name, inputs[name] ?? this.#toTensor(made[name]!)]);
      Object.assign(told, await session.run(Object.fromEntries(taken)));
      if (!layer) continue;
      const { input, beside = "", output } = layer;
      made[output] = layer.run(made[input] ?? told[input]!, told[beside]);
      delete told[input];
      delete told[beside];
    }
    return outputNames ? Object.fromEntries(outputNames.map((name) => [name, told[name]!])) : told;
  }
}

/** Undefined where WebAssembly is forbidden, or has no vectors. */
function packed(layers: readonly CutLayer[]): Layer[] | undefined {
  try {
    const assembly = new LayerAssembly();
    return layers.map((layer) => packedLayer(layer, assembly));
  } catch {
    return undefined;
  }
}

function packedLayer(layer: CutLayer, assembly: LayerAssembly): Layer {
  const { input, output } = layer;
  if (layer.kind === "residual") {
    const block = new PackedResidual(assembly, layer.weights);
    const run = ({ data, dims }: TensorData, mask: TensorData | undefined) =>
      floats(block.run(data as Float32Array, mask!.data as Float32Array, dims[2]!), dims);
    return { input, output, beside: layer.mask, run };
  }
  if (layer.kind === "product") {
    const product = new PackedProduct(assembly, layer.weights);
    const run = ({ data, dims }: TensorData) =>
      floats(product.run(data as Float32Array), dims.with(-1, layer.weights.outputs));
    return { input, output, beside: undefined, run };
  }
  const { directions, hidden } = layer.ofState;
  const ofInputs = new PackedProduct(assembly, layer.ofInputs);
  const ofState = new PackedRecurrence(assembly, layer.ofState);
  const run = ({ data, dims }: TensorData, lengths: TensorData | undefined) => {
    const [numFrames = 0, batch = 0] = dims;
    const states = ofState.run(ofInputs.run(data as Float32Array), lengths!.data as Int32Array);
    return floats(states, [numFrames, directions, batch, hidden]);
  };
  return { input, output, beside: layer.lengths, run };
}

function floats(data: Float32Array, dims: readonly number[]): TensorData {
  return { type: "float32", data, dims };
}
