/** A model that was cut at its recurrences (cut-recurrences.ts), run part by part as if it were one graph. */
import { type CutRecurrence, cutAtRecurrences, type ModelPart } from "./cut-recurrences.js";
import type { TakenApart } from "./folded-constants.js";
import { PackedRecurrence } from "./packed-recurrence.js";
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

/** A part, and the recurrence behind it; not what they were made of, which is as large as the model. */
interface Stage<Tensor> {
  readonly session: PartSession<Tensor>;
  /** What it takes, by name. */
  readonly inputs: readonly string[];
  readonly layer: Layer | undefined;
}

interface Layer extends Pick<CutRecurrence, "directions" | "hidden" | "gates" | "lengths" | "output"> {
  readonly recurrence: PackedRecurrence;
}

export class RecurrentSession<Tensor> {
  readonly #stages: readonly Stage<Tensor>[];
  readonly #toTensor: (data: TensorData) => Tensor;

  /**
   * @param parts of the bundle's graph
   * @returns undefined for a graph that is to be run whole: of other weights or sizes, or where WebAssembly has no vectors
   */
  static async open<Tensor>(
    parts: TakenApart,
    { open, toTensor }: PartRuntime<Tensor>,
  ): Promise<RecurrentSession<Tensor> | undefined> {
    const model = cutAtRecurrences(parts);
    const layers = model?.recurrences.map(packed);
    if (!model || !layers?.every((layer) => layer !== undefined)) return undefined;
    const stages: Stage<Tensor>[] = [];
    // One after another: what opens them may have one place for the constants of all.
    for (const [i, part] of model.parts.entries()) {
      stages.push({ session: await open(part), inputs: part.inputs, layer: layers[i] });
    }
    return new RecurrentSession(stages, toTensor);
  }

  private constructor(stages: readonly Stage<Tensor>[], toTensor: (data: TensorData) => Tensor) {
    this.#stages = stages;
    this.#toTensor = toTensor;
  }

  /** As ONNX Runtime's sessions do. @param outputNames default: all of them */
  async run(inputs: Values<Tensor>, outputNames?: readonly string[]): Promise<Values<TensorData>> {
    const given: Record<string, Tensor> = { ...inputs };
    const told: Record<string, TensorData> = {};
    for (const { session, inputs: names, layer } of this.#stages) {
      Object.assign(told, await session.run(Object.fromEntries(names.map((name) => [name, given[name]!]))));
      if (!layer) continue;
      const { directions, hidden, gates, lengths, output, recurrence } = layer;
      const rows = told[lengths]!.data as Int32Array;
      const data = recurrence.run(told[gates]!.data as Float32Array, rows);
      const dims = [data.length / (directions * rows.length * hidden), directions, rows.length, hidden];
      given[output] = this.#toTensor({ type: "float32", data, dims });
      delete told[gates];
      delete told[lengths];
    }
    return outputNames ? Object.fromEntries(outputNames.map((name) => [name, told[name]!])) : told;
  }
}

function packed(cut: CutRecurrence): Layer | undefined {
  const { directions, hidden, gates, lengths, output } = cut;
  try {
    const recurrence = PackedRecurrence.of(cut);
    return recurrence && { directions, hidden, gates, lengths, output, recurrence };
  } catch {
    return undefined;
  }
}
