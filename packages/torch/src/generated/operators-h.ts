// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsH {
  "hamming_window": Operator<[window_length: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hamming_window.periodic": Operator<[window_length: number, periodic: boolean], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hamming_window.periodic_alpha": Operator<[window_length: number, periodic: boolean, alpha: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hamming_window.periodic_alpha_beta": Operator<[window_length: number, periodic: boolean, alpha: number, beta: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hann_window": Operator<[window_length: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hann_window.periodic": Operator<[window_length: number, periodic: boolean], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "hardshrink": Operator<[self: Tensor, lambd?: Scalar], { lambd?: Scalar }, Tensor>;
  "hardshrink_backward": Operator<[grad_out: Tensor, self: Tensor, lambd: Scalar], {  }, Tensor>;
  "hardshrink_backward.grad_input": Operator<[grad_out: Tensor, self: Tensor, lambd: Scalar], { grad_input: Tensor }, Tensor>;
  "hardsigmoid": Operator<[self: Tensor], {  }, Tensor>;
  "hardsigmoid_": Operator<[self: Tensor], {  }, Tensor>;
  "hardsigmoid_backward": Operator<[grad_output: Tensor, self: Tensor], {  }, Tensor>;
  "hardsigmoid_backward.grad_input": Operator<[grad_output: Tensor, self: Tensor], { grad_input: Tensor }, Tensor>;
  "hardswish": Operator<[self: Tensor], {  }, Tensor>;
  "hardswish_": Operator<[self: Tensor], {  }, Tensor>;
  "hardswish_backward": Operator<[grad_output: Tensor, self: Tensor], {  }, Tensor>;
  "hardtanh": Operator<[self: Tensor, min_val?: Scalar, max_val?: Scalar], { min_val?: Scalar; max_val?: Scalar }, Tensor>;
  "hardtanh_": Operator<[self: Tensor, min_val?: Scalar, max_val?: Scalar], { min_val?: Scalar; max_val?: Scalar }, Tensor>;
  "hardtanh_backward": Operator<[grad_output: Tensor, self: Tensor, min_val: Scalar, max_val: Scalar], {  }, Tensor>;
  "hardtanh_backward.grad_input": Operator<[grad_output: Tensor, self: Tensor, min_val: Scalar, max_val: Scalar], { grad_input: Tensor }, Tensor>;
  "heaviside": Operator<[self: Tensor, values: Tensor], {  }, Tensor>;
  "heaviside_": Operator<[self: Tensor, values: Tensor], {  }, Tensor>;
  "hinge_embedding_loss": Operator<[self: Tensor, target: Tensor, margin?: number, reduction?: number], { margin?: number; reduction?: number }, Tensor>;
  "histc": Operator<[self: Tensor, bins?: number, min?: Scalar, max?: Scalar], { bins?: number; min?: Scalar; max?: Scalar }, Tensor>;
  "histogram.bin_ct": Operator<[self: Tensor, bins?: number], { bins?: number; range?: readonly number[] | null; weight?: Tensor | null; density?: boolean }, [Tensor, Tensor]>;
  "histogram.bins_tensor": Operator<[self: Tensor, bins: Tensor], { weight?: Tensor | null; density?: boolean }, [Tensor, Tensor]>;
  "histogramdd": Operator<[self: Tensor, bins: readonly number[], range?: readonly number[] | null, weight?: Tensor | null, density?: boolean], { range?: readonly number[] | null; weight?: Tensor | null; density?: boolean }, [Tensor, Tensor[]]>;
  "histogramdd.TensorList_bins": Operator<[self: Tensor, bins: readonly Tensor[], range?: readonly number[] | null, weight?: Tensor | null, density?: boolean], { range?: readonly number[] | null; weight?: Tensor | null; density?: boolean }, [Tensor, Tensor[]]>;
  "histogramdd.int_bins": Operator<[self: Tensor, bins: number, range?: readonly number[] | null, weight?: Tensor | null, density?: boolean], { range?: readonly number[] | null; weight?: Tensor | null; density?: boolean }, [Tensor, Tensor[]]>;
  "hsplit.array": Operator<[self: Tensor, indices: readonly number[]], {  }, Tensor[]>;
  "hsplit.int": Operator<[self: Tensor, sections: number], {  }, Tensor[]>;
  "hspmm": Operator<[mat1: Tensor, mat2: Tensor], {  }, Tensor>;
  "hstack": Operator<[tensors: readonly Tensor[]], {  }, Tensor>;
  "huber_loss": Operator<[self: Tensor, target: Tensor, reduction?: number, delta?: number], { reduction?: number; delta?: number }, Tensor>;
  "huber_loss_backward": Operator<[grad_output: Tensor, self: Tensor, target: Tensor, reduction: number, delta: number], {  }, Tensor>;
  "hypot": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "hypot_": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
}
