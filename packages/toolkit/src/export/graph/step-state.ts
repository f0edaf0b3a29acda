/**
 * What a step of a forward model hands to the next: one row of numbers for each stream, so that whoever runs steps need
 * not know what is in it. A layer takes its part by name, and gives the part that the next step takes.
 */
import { convolutionReach, type ModelConfig, recurrentWidth } from "../../acoustic-model/model-config.js";
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";

export interface StatePart {
  name: string;
  /** Of one stream. */
  shape: readonly number[];
}

/** Frames of output that the first convolution waits for what it hears ahead. */
export function stemDelay(model: Pick<ModelConfig, "kernelSize" | "timeStride">): number {
  return Math.ceil((convolutionReach(model) + 1) / model.timeStride) - 1;
}

/** All parts, in order. */
export function stateParts(model: ModelConfig): StatePart[] {
  const { numMels, convChannels, residualLayers, recurrentLayers, hiddenSize, lookaheadFrames } = model;
  const reach = convolutionReach(model);
  const bands = Math.floor((numMels - 1) / model.frequencyStride) + 1;
  const image = [convChannels, 2 * reach, bands];
  const layers = <T>(count: number, partsOf: (layer: number) => T[]) =>
    Array.from({ length: count }, (_, layer) => partsOf(layer)).flat();
  const parts: StatePart[] = [
    { name: "norm.sum", shape: [1, numMels] },
    { name: "norm.squares", shape: [1, numMels] },
    { name: "features", shape: [stemDelay(model) * model.timeStride + reach, numMels] },
    ...layers(residualLayers, (layer) =>
      ["input", "cnn1", "cnn2"].map((part) => ({ name: `residual.${layer}.${part}`, shape: image })),
    ),
    ...layers(recurrentLayers, (layer) => [{ name: `recurrent.${layer}`, shape: [hiddenSize] }]),
    { name: "lookahead", shape: [recurrentWidth(model), lookaheadFrames] },
  ];
  return parts.filter(({ shape }) => sizeOfPart(shape) > 0);
}

function sizeOfPart(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Numbers of all parts together. */
export function stateSize(model: ModelConfig): number {
  return stateParts(model).reduce((sum, { shape }) => sum + sizeOfPart(shape), 0);
}

export class StepState {
  readonly #graph: GraphBuilder;
  readonly #parts: readonly StatePart[];
  readonly #before = new Map<string, Value>();
  readonly #after = new Map<string, Value>();

  /** @param state [B, stateSize] */
  constructor(graph: GraphBuilder, model: ModelConfig, state: Value) {
    this.#graph = graph;
    this.#parts = stateParts(model);
    const sizes = graph.ints(this.#parts.map(({ shape }) => sizeOfPart(shape)));
    const rows = graph.ops("Split", [state, sizes], this.#parts.length, { axis: 1 });
    for (const [i, { name, shape }] of this.#parts.entries()) {
      this.#before.set(name, graph.op("Reshape", [rows[i]!, graph.ints([0, ...shape])]));
    }
  }

  /** [B, …shape]: what the step before gave; zeros at the beginning. */
  take(name: string): Value {
    return this.#before.get(name)!;
  }

  give(name: string, value: Value): void {
    this.#after.set(name, value);
  }

  /** The part's frames, and after them the new ones; the last of all are kept for the next step. @param axis of time */
  prepend(name: string, frames: Value, axis: number): Value {
    const before = this.#before.get(name);
    if (before === undefined) return frames;
    const graph = this.#graph;
    const all = graph.op("Concat", [before, frames], { axis });
    // [B, …shape]: the part's own axes begin at 1.
    const kept = this.#parts.find((part) => part.name === name)!.shape[axis - 1]!;
    this.give(name, graph.op("Slice", [all, graph.ints([-kept]), graph.ints([END]), graph.ints([axis])]));
    return all;
  }

  /** [B, stateSize] for the next step. */
  next(): Value {
    const rows = this.#parts.map(({ name }) => this.#graph.op("Flatten", [this.#after.get(name)!], { axis: 1 }));
    return this.#graph.op("Concat", rows, { axis: 1 });
  }
}

/** Beyond any axis's end. */
const END = 2 ** 31 - 1;
