/**
 * The gated recurrent unit of Cho et al. 2014 (arXiv:1406.1078), in the form of cuDNN and PyTorch:
 *
 *   r = σ(W_ir x + b_ir + W_hr h + b_hr)
 *   z = σ(W_iz x + b_iz + W_hz h + b_hz)
 *   n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn))
 *   h' = (1 − z) ∘ n + z ∘ h
 *
 * On the CPU, float32 and bfloat16 run in our own operator (native/gru.cc), everything else in libtorch's gru: cuDNN's on
 * CUDA, one call for all layers and both directions. Ours knows of lengths; libtorch's is given packed frames.
 */

import { call, callUntyped } from "../call.js";
import { zeros } from "../creation.js";
import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import { isFusable } from "./fused.js";
import { uniform } from "./init.js";
import { packingOf } from "./lengths.js";
import { Module } from "./module.js";

/** What GRU is made. */
export interface GRUOptions {
  /** Stacked layers; each reads the one below. Default: 1. */
  numLayers?: number;
  /** Also run from the end to the beginning, and join both outputs. Default: false. */
  bidirectional?: boolean;
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
  /** Each layer's weight_ih, weight_hh, bias_ih and bias_hh, then those of its reverse direction. */
  readonly #layers: readonly (readonly Tensor[])[];
  readonly #directions: number;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    { numLayers = 1, bidirectional = false }: GRUOptions = {},
  ) {
    super();
    this.#directions = bidirectional ? 2 : 1;
    this.#layers = Array.from({ length: numLayers }, (_, layer) => {
      const size = layer === 0 ? inputSize : hiddenSize * this.#directions;
      const forward = this.#direction(`_l${layer}`, size);
      return bidirectional ? [...forward, ...this.#direction(`_l${layer}_reverse`, size)] : forward;
    });
  }

  #direction(suffix: string, inputSize: number): Tensor[] {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    const create = (name: string, shape: readonly number[]) => this.parameter(name + suffix, uniform(shape, bound));
    return [
      create("weight_ih", [3 * this.hiddenSize, inputSize]),
      create("weight_hh", [3 * this.hiddenSize, this.hiddenSize]),
      create("bias_ih", [3 * this.hiddenSize]),
      create("bias_hh", [3 * this.hiddenSize]),
    ];
  }

  /**
   * @param lengths frames of each utterance; all T where not given
   * @throws TorchError VALUE where there are not B lengths, or one is not in 0…T
   */
  forward(input: Tensor, lengths?: readonly number[]): Tensor {
    if (lengths) checkLengths(lengths, input);
    if (isFusable(input)) return this.#layers.reduce((output, layer) => fusedGru(layer, output, lengths), input);
    const frames = input.size(1);
    const isRagged = lengths?.some((length) => length !== frames) ?? false;
    return isRagged ? this.#runPacked(input, lengths!) : this.#runPlain(input);
  }

  #runPlain(input: Tensor): Tensor {
    return call("gru.input", [input, this.#state(input, input.size(0)), ...this.#settings(), true])[0];
  }

  /** Without its padding each utterance is run as if it were alone, in the reverse direction too. */
  #runPacked(input: Tensor, lengths: readonly number[]): Tensor {
    const { device, dtype } = input;
    const [batch = 0, frames = 0] = input.shape;
    const width = this.#directions * this.hiddenSize;
    const numPresent = lengths.filter((length) => length > 0).length;
    if (numPresent === 0) return zeros([batch, frames, width], { device, dtype });
    const { places, batchSizes } = packingOf(lengths, frames, device);
    const packed = call("index_select", [input.reshape([batch * frames, this.inputSize]), 0, places]); // [ΣT, inputSize]
    const output = call("gru.data", [packed, batchSizes, this.#state(input, numPresent), ...this.#settings()])[0]; // [ΣT, D·H]
    const padding = zeros([batch * frames, width], { device, dtype: output.dtype });
    return call("index_copy", [padding, 0, places, output]).reshape([batch, frames, width]);
  }

  #state({ device, dtype }: Tensor, batch: number): Tensor {
    return zeros([this.#layers.length * this.#directions, batch, this.hiddenSize], { device, dtype });
  }

  /** Parameters, with biases, layers, no dropout between them, and what else libtorch's two forms of a GRU share. */
  #settings() {
    return [this.#layers.flat(), true, this.#layers.length, 0, this.training, this.#directions === 2] as const;
  }
}

function fusedGru(parameters: readonly Tensor[], input: Tensor, lengths?: readonly number[]): Tensor {
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
