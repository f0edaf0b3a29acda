import { call } from "../call.js";
import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/**
 * In training, sets each element to zero with probability `p` and scales the others by 1 / (1 − p); otherwise passes
 * its input through. Draws from the default generator.
 */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p < 1)) throw new RangeError(`Dropout: p must be in [0, 1), found ${p}`);
  }

  forward(input: Tensor): Tensor {
    return this.training && this.p > 0 ? call("dropout", [input, this.p, true]) : input;
  }
}
