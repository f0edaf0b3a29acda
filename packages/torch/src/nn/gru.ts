/**
 * The gated recurrent unit of Cho et al. 2014 (arXiv:1406.1078), in the form of cuDNN and PyTorch:
 *
 *   r = σ(W_ir x + b_ir + W_hr h + b_hr)
 *   z = σ(W_iz x + b_iz + W_hz h + b_hz)
 *   n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn))
 *   h' = (1 − z) ∘ n + z ∘ h
 *
 * On the CPU, float32 and bfloat16 run in our own operator (native/gru.cc), which knows of lengths; everything else runs
 * in libtorch's gru, which does not: there the reverse direction's input is turned around by an index.
 */

import { call, callUntyped } from "../call.js";
import { cat, zeros } from "../creation.js";
import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { isFusable } from "./fused.js";
import { uniform } from "./init.js";
import { lengthMask, reverseIndex } from "./lengths.js";
import { Module } from "./module.js";

export interface GRUOptions {
  /** Stacked layers; each reads the one below. Default: 1. */
  numLayers?: number;
  /** Also run from the end to the beginning, and join both outputs. Default: false. */
  bidirectional?: boolean;
}

interface Direction {
  readonly parameters: readonly [weightIh: Tensor, weightHh: Tensor, biasIh: Tensor, biasHh: Tensor];
  readonly reverse: boolean;
}

/**
 * A recurrent layer over axis 1 (time) of a batch-first input, from a zero state.
 *
 * input [B, T, inputSize] → [B, T, hiddenSize · directions], forward before reverse on the last axis
 *
 * With `lengths`, each utterance is run as if it were alone: the reverse direction starts at its own last frame, and
 * its output beyond its length is zero. Parameters have PyTorch's names (`weight_ih_l0`, `weight_hh_l0_reverse`, …) and
 * start uniform in ±1/√hiddenSize.
 */
export class GRU extends Module {
  readonly #layers: readonly (readonly Direction[])[];

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    { numLayers = 1, bidirectional = false }: GRUOptions = {},
  ) {
    super();
    const directions = bidirectional ? [false, true] : [false];
    this.#layers = Array.from({ length: numLayers }, (_, layer) =>
      directions.map((reverse) =>
        this.#direction(layer, reverse, layer === 0 ? inputSize : hiddenSize * directions.length),
      ),
    );
  }

  #direction(layer: number, reverse: boolean, inputSize: number): Direction {
    const suffix = `_l${layer}${reverse ? "_reverse" : ""}`;
    const bound = 1 / Math.sqrt(this.hiddenSize);
    const create = (name: string, shape: readonly number[]) => this.parameter(name + suffix, uniform(shape, bound));
    return {
      parameters: [
        create("weight_ih", [3 * this.hiddenSize, inputSize]),
        create("weight_hh", [3 * this.hiddenSize, this.hiddenSize]),
        create("bias_ih", [3 * this.hiddenSize]),
        create("bias_hh", [3 * this.hiddenSize]),
      ],
      reverse,
    };
  }

  /**
   * @param lengths frames of each utterance; all T where not given
   * @throws TorchError VALUE where there are not B lengths, or one is not in 0…T
   */
  forward(input: Tensor, lengths?: readonly number[]): Tensor {
    if (lengths) checkLengths(lengths, input);
    return this.#layers.reduce((output, layer) => this.#runLayer(layer, output, lengths), input);
  }

  #runLayer(directions: readonly Direction[], input: Tensor, lengths?: readonly number[]): Tensor {
    if (isFusable(input)) return fusedGru(directions, input, lengths);
    const [batch = 0, frames = 0] = input.shape;
    if (!lengths || lengths.every((length) => length === frames)) return this.#runPlain(directions, input);
    const outputs = directions.map(({ parameters, reverse }) => {
      if (!reverse) return this.#runOne(parameters, input);
      // Each utterance is turned around within its own length, run forward, and turned back.
      const index = reverseIndex(lengths, frames, input.device).unsqueeze(2);
      const turned = input.gather(1, index.expand([batch, frames, input.size(2)]));
      return this.#runOne(parameters, turned).gather(1, index.expand([batch, frames, this.hiddenSize]));
    });
    const mask = lengthMask(lengths, frames, input.device, input.dtype).unsqueeze(2);
    return (outputs.length === 1 ? outputs[0]! : cat(outputs, 2)).mul(mask);
  }

  /** Both directions over whole rows, in one call. */
  #runPlain(directions: readonly Direction[], input: Tensor): Tensor {
    const state = zeros([directions.length, input.size(0), this.hiddenSize], {
      device: input.device,
      dtype: input.dtype,
    });
    const parameters = directions.flatMap((direction) => direction.parameters);
    return call("gru.input", [input, state, parameters, true, 1, 0, this.training, directions.length === 2, true])[0];
  }

  #runOne(parameters: readonly Tensor[], input: Tensor): Tensor {
    const state = zeros([1, input.size(0), this.hiddenSize], { device: input.device, dtype: input.dtype });
    return call("gru.input", [input, state, parameters, true, 1, 0, this.training, false, true])[0];
  }
}

function fusedGru(directions: readonly Direction[], input: Tensor, lengths?: readonly number[]): Tensor {
  const parameters = directions.flatMap((direction) => direction.parameters);
  return callUntyped("deepspeech::gru", [input, parameters, lengths]) as Tensor;
}

function checkLengths(lengths: readonly number[], input: Tensor): void {
  const [batch = 0, frames = 0] = input.shape;
  if (lengths.length !== batch) {
    throw new TorchError("VALUE", `GRU: found ${lengths.length} lengths for a batch of ${batch}`);
  }
  const wrong = lengths.find((length) => !(Number.isInteger(length) && length >= 0 && length <= frames));
  if (wrong !== undefined) throw new TorchError("VALUE", `GRU: lengths must be in 0…${frames}, found ${wrong}`);
}
