import type { Tensor } from "../tensor.js";
import { Module } from "./module.js";

/** A module that maps one tensor to one tensor. */
export type Layer = Module & { forward(input: Tensor): Tensor };

/** Layers in a row, named "0", "1", … as in PyTorch. */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    this.layers = layers.map((layer, index) => this.module(String(index), layer));
  }

  forward(input: Tensor): Tensor {
    return this.layers.reduce((output, layer) => layer.forward(output), input);
  }
}
