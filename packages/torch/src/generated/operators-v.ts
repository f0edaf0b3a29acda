// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Tensor } from "../operator-types.js";

export interface OperatorsV {
  "value_selecting_reduction_backward": Operator<[grad: Tensor, dim: number, indices: Tensor, sizes: readonly number[], keepdim: boolean], {  }, Tensor>;
  "values": Operator<[self: Tensor], {  }, Tensor>;
  "values_copy": Operator<[self: Tensor], {  }, Tensor>;
  "vander": Operator<[x: Tensor, N?: number | null, increasing?: boolean], { N?: number | null; increasing?: boolean }, Tensor>;
  "var": Operator<[self: Tensor, unbiased?: boolean], { unbiased?: boolean }, Tensor>;
  "var.correction": Operator<[self: Tensor, dim?: number | readonly number[] | null], { dim?: number | readonly number[] | null; correction?: number | null; keepdim?: boolean }, Tensor>;
  "var.dim": Operator<[self: Tensor, dim?: number | readonly number[] | null, unbiased?: boolean, keepdim?: boolean], { dim?: number | readonly number[] | null; unbiased?: boolean; keepdim?: boolean }, Tensor>;
  "var_mean": Operator<[self: Tensor, unbiased?: boolean], { unbiased?: boolean }, [Tensor, Tensor]>;
  "var_mean.correction": Operator<[self: Tensor, dim?: number | readonly number[] | null], { dim?: number | readonly number[] | null; correction?: number | null; keepdim?: boolean }, [Tensor, Tensor]>;
  "var_mean.dim": Operator<[self: Tensor, dim?: number | readonly number[] | null, unbiased?: boolean, keepdim?: boolean], { dim?: number | readonly number[] | null; unbiased?: boolean; keepdim?: boolean }, [Tensor, Tensor]>;
  "vdot": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "view": Operator<[self: Tensor, size: readonly number[]], {  }, Tensor>;
  "view.dtype": Operator<[self: Tensor, dtype: Dtype], {  }, Tensor>;
  "view_as": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "view_as_complex": Operator<[self: Tensor], {  }, Tensor>;
  "view_as_complex_copy": Operator<[self: Tensor], {  }, Tensor>;
  "view_as_real": Operator<[self: Tensor], {  }, Tensor>;
  "view_as_real_copy": Operator<[self: Tensor], {  }, Tensor>;
  "view_copy": Operator<[self: Tensor, size: readonly number[]], {  }, Tensor>;
  "view_copy.dtype": Operator<[self: Tensor, dtype: Dtype], {  }, Tensor>;
  "vsplit.array": Operator<[self: Tensor, indices: readonly number[]], {  }, Tensor[]>;
  "vsplit.int": Operator<[self: Tensor, sections: number], {  }, Tensor[]>;
  "vstack": Operator<[tensors: readonly Tensor[]], {  }, Tensor>;
}
