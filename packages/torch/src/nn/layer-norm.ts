import { call } from "../call.js";
import type { Tensor } from "../tensor.js";
import { constant } from "./init.js";
import { Module } from "./module.js";

/**
 * y = (x − mean) / √(variance + eps) · weight + bias, over the last axis. Ba et al. 2016, arXiv:1607.06450.
 *
 * input [..., normalizedSize] → the same shape
 * `weight` starts at 1 and `bias` at 0; eps is 1e-5 unless told.
 */
export class LayerNorm extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(
    readonly normalizedSize: number,
    readonly eps = 1e-5,
  ) {
    super();
    this.weight = this.parameter("weight", constant([normalizedSize], 1));
    this.bias = this.parameter("bias", constant([normalizedSize], 0));
  }

  forward(input: Tensor): Tensor {
    return call("layer_norm", [input, [this.normalizedSize], this.weight, this.bias, this.eps]);
  }
}
