// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Generator, Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsP {
  "pad": Operator<[self: Tensor, pad: readonly number[], mode?: string, value?: number | null], { mode?: string; value?: number | null }, Tensor>;
  "pad_sequence": Operator<[sequences: readonly Tensor[], batch_first?: boolean, padding_value?: number], { batch_first?: boolean; padding_value?: number }, Tensor>;
  "pairwise_distance": Operator<[x1: Tensor, x2: Tensor, p?: number, eps?: number, keepdim?: boolean], { p?: number; eps?: number; keepdim?: boolean }, Tensor>;
  "pdist": Operator<[self: Tensor, p?: number], { p?: number }, Tensor>;
  "permute": Operator<[self: Tensor, dims: readonly number[]], {  }, Tensor>;
  "permute_copy": Operator<[self: Tensor, dims: readonly number[]], {  }, Tensor>;
  "pin_memory": Operator<[self: Tensor, device?: string | null], { device?: string | null }, Tensor>;
  "pinverse": Operator<[self: Tensor, rcond?: number], { rcond?: number }, Tensor>;
  "pixel_shuffle": Operator<[self: Tensor, upscale_factor: number], {  }, Tensor>;
  "pixel_unshuffle": Operator<[self: Tensor, downscale_factor: number], {  }, Tensor>;
  "poisson": Operator<[self: Tensor, generator?: Generator | null], { generator?: Generator | null }, Tensor>;
  "poisson_nll_loss": Operator<[input: Tensor, target: Tensor, log_input: boolean, full: boolean, eps: number, reduction: number], {  }, Tensor>;
  "polar": Operator<[abs: Tensor, angle: Tensor], {  }, Tensor>;
  "polygamma": Operator<[n: number, self: Tensor], {  }, Tensor>;
  "polygamma_": Operator<[self: Tensor, n: number], {  }, Tensor>;
  "positive": Operator<[self: Tensor], {  }, Tensor>;
  "pow.Scalar": Operator<[self: Scalar, exponent: Tensor], {  }, Tensor>;
  "pow.Tensor_Scalar": Operator<[self: Tensor, exponent: Scalar], {  }, Tensor>;
  "pow.Tensor_Tensor": Operator<[self: Tensor, exponent: Tensor], {  }, Tensor>;
  "pow_.Scalar": Operator<[self: Tensor, exponent: Scalar], {  }, Tensor>;
  "pow_.Tensor": Operator<[self: Tensor, exponent: Tensor], {  }, Tensor>;
  "prelu": Operator<[self: Tensor, weight: Tensor], {  }, Tensor>;
  "prod": Operator<[self: Tensor], { dtype?: Dtype | null }, Tensor>;
  "prod.dim_int": Operator<[self: Tensor, dim: number, keepdim?: boolean], { keepdim?: boolean; dtype?: Dtype | null }, Tensor>;
  "promote_types": Operator<[type1: Dtype, type2: Dtype], {  }, Dtype>;
  "put": Operator<[self: Tensor, index: Tensor, source: Tensor, accumulate?: boolean], { accumulate?: boolean }, Tensor>;
  "put_": Operator<[self: Tensor, index: Tensor, source: Tensor, accumulate?: boolean], { accumulate?: boolean }, Tensor>;
}
