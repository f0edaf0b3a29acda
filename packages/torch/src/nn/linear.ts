import { call, callUntyped } from "../call.js";
import type { Tensor } from "../tensor.js";
import { isFusable } from "./fused.js";
import { uniform } from "./init.js";
import { Module } from "./module.js";

/**
 * y = x Wᵀ + b
 *
 * input [..., inFeatures] → [..., outFeatures]
 * `weight` [outFeatures, inFeatures] and `bias` [outFeatures] start uniform in ±1/√inFeatures, as in PyTorch.
 */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
  ) {
    super();
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = this.parameter("weight", uniform([outFeatures, inFeatures], bound));
    this.bias = this.parameter("bias", uniform([outFeatures], bound));
  }

  forward(input: Tensor): Tensor {
    const positional = [input, this.weight, this.bias] as const;
    // Ours is libtorch's but for bfloat16, where it is faster (native/linear.cc).
    return isFusable(input) ? (callUntyped("deepspeech::linear", positional) as Tensor) : call("linear", positional);
  }
}
