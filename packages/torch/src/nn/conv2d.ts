import { callUntyped } from "../call.js";
import type { Tensor } from "../tensor.js";
import { uniform } from "./init.js";
import { Module } from "./module.js";

/** How a convolution moves. */
export interface Conv2dOptions {
  /** Step along height and width. Default: 1. */
  stride?: number | readonly [number, number];
  /** Zeros added on each side of height and width. Default: 0. */
  padding?: number | readonly [number, number];
}

/**
 * Cross-correlation over the last two axes, with a square kernel.
 *
 * input [B, inChannels, H, W] → [B, outChannels, H', W'], H' = floor((H + 2·padding − kernelSize) / stride) + 1
 * `weight` [outChannels, inChannels, kernelSize, kernelSize] and `bias` [outChannels] start uniform in ±1/√fanIn, as in PyTorch.
 */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: number,
    { stride = 1, padding = 0 }: Conv2dOptions = {},
  ) {
    super();
    this.stride = pair(stride);
    this.padding = pair(padding);
    const bound = 1 / Math.sqrt(inChannels * kernelSize * kernelSize);
    this.weight = this.parameter("weight", uniform([outChannels, inChannels, kernelSize, kernelSize], bound));
    this.bias = this.parameter("bias", uniform([outChannels], bound));
  }

  forward(input: Tensor): Tensor {
    return this.convolve(input, this.weight);
  }

  /** Under autocast on a CPU, bfloat16 is used only where it is faster (native/conv2d.cc). */
  protected convolve(input: Tensor, weight: Tensor): Tensor {
    return callUntyped("deepspeech::conv2d", [input, weight, this.bias, this.stride, this.padding]) as Tensor;
  }
}

function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}
