import { call, callUntyped } from "../call.js";
import type { Tensor } from "../tensor.js";
import { isFusable } from "./fused.js";
import { Module } from "./module.js";

/**
 * In training, sets each element to zero with probability `p` and scales the others by 1 / (1 − p); otherwise passes
 * its input through.
 *
 * Draws from the default generator: on the CPU one number a call, from which our own operator
 * (native/norm_gelu_dropout.cc) makes the masks of both directions, on other devices libtorch's masks.
 */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p < 1)) throw new RangeError(`Dropout: p must be in [0, 1), found ${p}`);
  }

  forward(input: Tensor): Tensor {
    if (!this.training || this.p === 0) return input;
    return isFusable(input)
      ? (callUntyped("deepspeech::dropout", [input, this.p]) as Tensor)
      : call("dropout", [input, this.p, true]);
  }
}
