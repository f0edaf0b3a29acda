// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Generator, Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsE {
  "einsum": Operator<[equation: string, tensors: readonly Tensor[]], { path?: readonly number[] | null }, Tensor>;
  "elu": Operator<[self: Tensor, alpha?: Scalar, scale?: Scalar, input_scale?: Scalar], { alpha?: Scalar; scale?: Scalar; input_scale?: Scalar }, Tensor>;
  "elu_": Operator<[self: Tensor, alpha?: Scalar, scale?: Scalar, input_scale?: Scalar], { alpha?: Scalar; scale?: Scalar; input_scale?: Scalar }, Tensor>;
  "elu_backward": Operator<[grad_output: Tensor, alpha: Scalar, scale: Scalar, input_scale: Scalar, is_result: boolean, self_or_result: Tensor], {  }, Tensor>;
  "elu_backward.grad_input": Operator<[grad_output: Tensor, alpha: Scalar, scale: Scalar, input_scale: Scalar, is_result: boolean, self_or_result: Tensor], { grad_input: Tensor }, Tensor>;
  "embedding": Operator<[weight: Tensor, indices: Tensor, padding_idx?: number, scale_grad_by_freq?: boolean, sparse?: boolean], { padding_idx?: number; scale_grad_by_freq?: boolean; sparse?: boolean }, Tensor>;
  "embedding_backward": Operator<[grad: Tensor, indices: Tensor, num_weights: number, padding_idx: number, scale_grad_by_freq: boolean, sparse: boolean], {  }, Tensor>;
  "embedding_bag": Operator<[weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq?: boolean, mode?: number, sparse?: boolean, per_sample_weights?: Tensor | null, include_last_offset?: boolean], { scale_grad_by_freq?: boolean; mode?: number; sparse?: boolean; per_sample_weights?: Tensor | null; include_last_offset?: boolean }, [Tensor, Tensor, Tensor, Tensor]>;
  "embedding_bag.padding_idx": Operator<[weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: boolean, mode: number, sparse: boolean, per_sample_weights: Tensor | null | undefined, include_last_offset: boolean, padding_idx?: number | null], { padding_idx?: number | null }, [Tensor, Tensor, Tensor, Tensor]>;
  "embedding_dense_backward": Operator<[grad_output: Tensor, indices: Tensor, num_weights: number, padding_idx: number, scale_grad_by_freq: boolean], {  }, Tensor>;
  "embedding_renorm": Operator<[self: Tensor, indices: Tensor, max_norm: number, norm_type: number], {  }, Tensor>;
  "embedding_renorm_": Operator<[self: Tensor, indices: Tensor, max_norm: number, norm_type: number], {  }, Tensor>;
  "embedding_sparse_backward": Operator<[grad: Tensor, indices: Tensor, num_weights: number, padding_idx: number, scale_grad_by_freq: boolean], {  }, Tensor>;
  "empty.memory_format": Operator<[size: readonly number[]], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null; memory_format?: string | null }, Tensor>;
  "empty_like": Operator<[self: Tensor], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null; memory_format?: string | null }, Tensor>;
  "empty_quantized": Operator<[size: readonly number[], qtensor: Tensor], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null; memory_format?: string | null }, Tensor>;
  "empty_strided": Operator<[size: readonly number[], stride: readonly number[]], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "eq.Scalar": Operator<[self: Tensor, other: Scalar], {  }, Tensor>;
  "eq.Tensor": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "eq_.Scalar": Operator<[self: Tensor, other: Scalar], {  }, Tensor>;
  "eq_.Tensor": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "equal": Operator<[self: Tensor, other: Tensor], {  }, boolean>;
  "erf": Operator<[self: Tensor], {  }, Tensor>;
  "erf_": Operator<[self: Tensor], {  }, Tensor>;
  "erfc": Operator<[self: Tensor], {  }, Tensor>;
  "erfc_": Operator<[self: Tensor], {  }, Tensor>;
  "erfinv": Operator<[self: Tensor], {  }, Tensor>;
  "erfinv_": Operator<[self: Tensor], {  }, Tensor>;
  "exp": Operator<[self: Tensor], {  }, Tensor>;
  "exp2": Operator<[self: Tensor], {  }, Tensor>;
  "exp2_": Operator<[self: Tensor], {  }, Tensor>;
  "exp_": Operator<[self: Tensor], {  }, Tensor>;
  "expand": Operator<[self: Tensor, size: readonly number[]], { implicit?: boolean }, Tensor>;
  "expand_as": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "expand_copy": Operator<[self: Tensor, size: readonly number[]], { implicit?: boolean }, Tensor>;
  "expm1": Operator<[self: Tensor], {  }, Tensor>;
  "expm1_": Operator<[self: Tensor], {  }, Tensor>;
  "exponential": Operator<[self: Tensor, lambd?: number], { lambd?: number; generator?: Generator | null }, Tensor>;
  "exponential_": Operator<[self: Tensor, lambd?: number], { lambd?: number; generator?: Generator | null }, Tensor>;
  "eye": Operator<[n: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "eye.m": Operator<[n: number, m: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
}
