import { call, type Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** x · Φ(x), with Φ the normal distribution function: the exact form, by erf. Hendrycks & Gimpel 2016, arXiv:1606.08415. */
export class GELU extends Module {
  forward(input: Tensor): Tensor {
    return call("gelu", [input]);
  }
}
