/** Random GRUs, and libtorch's own gru as the reference for deepspeech::gru. */
import { call, callUntyped } from "../call.js";
import { cat, randn, zeros } from "../creation.js";
import { manualSeed } from "../random.js";
import type { Tensor } from "../tensor.js";
import { leaf } from "./kernels.test.support.js";

export interface Problem {
  input: Tensor;
  /** Four of each direction. */
  parameters: Tensor[];
  lengths: number[];
}

export interface Sizes {
  inputSize: number;
  hiddenSize: number;
  directions?: 1 | 2;
}

export function problem(lengths: number[], frames: number, { inputSize, hiddenSize, directions = 2 }: Sizes): Problem {
  const scale = 1 / Math.sqrt(hiddenSize);
  const shapes = [[3 * hiddenSize, inputSize], [3 * hiddenSize, hiddenSize], [3 * hiddenSize], [3 * hiddenSize]];
  return {
    input: leaf(randn([lengths.length, frames, inputSize])),
    parameters: Array.from({ length: directions }, () => shapes.map((shape) => leaf(randn(shape).mul(scale)))).flat(),
    lengths,
  };
}

export function fused({ input, parameters, lengths }: Problem): Tensor {
  return callUntyped("deepspeech::gru", [input, parameters, lengths]) as Tensor;
}

/** libtorch's own gru over each utterance alone. */
export function reference({ input, parameters, lengths }: Problem): Tensor {
  const directions = parameters.length / 4;
  const [, frames = 0] = input.shape;
  const hiddenSize = parameters[3]!.size(0) / 3;
  const rows = lengths.map((length, row) => {
    const padding = zeros([1, frames - length, directions * hiddenSize]);
    if (length === 0) return padding;
    const state = zeros([directions, 1, hiddenSize]);
    const utterance = input.narrow(0, row, 1).narrow(1, 0, length);
    const output = call("gru.input", [utterance, state, parameters, true, 1, 0, true, directions === 2, true])[0];
    return cat([output, padding], 1);
  });
  return cat(rows, 0);
}

/** What `run` gives as the gradient of an output: always the same. */
export function gradientOf(shape: readonly number[]): Tensor {
  manualSeed(99);
  return randn(shape);
}

/** Output, then the gradients of input and parameters, for a fixed random gradient of the output. */
export function run(layer: (problem: Problem) => Tensor, given: Problem): Tensor[] {
  const leaves = [given.input, ...given.parameters];
  for (const leaf of leaves) leaf.grad = null;
  const output = layer(given);
  output.backward({ gradient: gradientOf(output.shape).to(output.dtype) });
  return [output.detach(), ...leaves.map((leaf) => leaf.grad!.clone())];
}
