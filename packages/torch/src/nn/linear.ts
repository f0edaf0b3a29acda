import { call } from "../call.js";
import type { Tensor } from "../tensor.js";
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
    return call("linear", [input, this.weight, this.bias]);
  }
}
