/** A model that was cut at its recurrences (cut-recurrences.ts), run part by part as if it were one graph. */
import { type CutModel, cutAtRecurrences, type ModelPart } from "./cut-recurrences.js";
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

export class RecurrentSession<Tensor> {
  readonly #model: CutModel;
  readonly #parts: readonly PartSession<Tensor>[];
  readonly #recurrences: readonly PackedRecurrence[];
  readonly #toTensor: (data: TensorData) => Tensor;

  /**
   * @param parts of the bundle's graph
   * @returns undefined for a graph that is to be run whole: of other weights or sizes, or where WebAssembly has no vectors
   */
  static async open<Tensor>(
    parts: TakenApart,
    runtime: PartRuntime<Tensor>,
  ): Promise<RecurrentSession<Tensor> | undefined> {
    const model = cutAtRecurrences(parts);
    if (!model) return undefined;
    const recurrences = model.recurrences.map(packed);
    if (!recurrences.every((recurrence) => recurrence !== undefined)) return undefined;
    const sessions: PartSession<Tensor>[] = [];
    // One after another: what opens them may have one place for the constants of all.
    for (const part of model.parts) sessions.push(await runtime.open(part));
    return new RecurrentSession(model, sessions, recurrences, runtime.toTensor);
  }

  private constructor(
    model: CutModel,
    parts: readonly PartSession<Tensor>[],
    recurrences: readonly PackedRecurrence[],
    toTensor: (data: TensorData) => Tensor,
  ) {
    this.#model = model;
    this.#parts = parts;
    this.#recurrences = recurrences;
    this.#toTensor = toTensor;
  }

  /** As ONNX Runtime's sessions do. @param outputNames default: all of them */
  async run(inputs: Values<Tensor>, outputNames?: readonly string[]): Promise<Values<TensorData>> {
    const given: Record<string, Tensor> = { ...inputs };
    const told: Record<string, TensorData> = {};
    for (const [i, session] of this.#parts.entries()) {
      const part = this.#model.parts[i]!;
      const outputs = await session.run(Object.fromEntries(part.inputs.map((name) => [name, given[name]!])));
      const layer = this.#model.recurrences[i];
      for (const name of part.outputs) told[name] = outputs[name]!;
      if (!layer) continue;
      const { directions, hidden, gates, lengths, output } = layer;
      const rows = told[lengths]!.data as Int32Array;
      const data = this.#recurrences[i]!.run(told[gates]!.data as Float32Array, rows);
      const dims = [data.length / (directions * rows.length * hidden), directions, rows.length, hidden];
      given[output] = this.#toTensor({ type: "float32", data, dims });
      delete told[gates];
      delete told[lengths];
    }
    return outputNames ? Object.fromEntries(outputNames.map((name) => [name, told[name]!])) : told;
  }
}

function packed(layer: CutModel["recurrences"][number]): PackedRecurrence | undefined {
  try {
    return PackedRecurrence.of(layer);
  } catch {
    return undefined;
  }
}
