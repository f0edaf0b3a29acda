import type { Tensor } from "../tensor.js";
import { gelu } from "./functional.js";
import { Module } from "./module.js";

/** `functional.gelu` as a layer. */
export class GELU extends Module {
  forward(input: Tensor): Tensor {
    return gelu(input);
  }
}
