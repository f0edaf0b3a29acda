// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Tensor } from "../operator-types.js";

export interface OperatorsZ {
  "zero": Operator<[self: Tensor], {  }, Tensor>;
  "zero_": Operator<[self: Tensor], {  }, Tensor>;
  "zeros": Operator<[size: readonly number[]], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "zeros_like": Operator<[self: Tensor], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null; memory_format?: string | null }, Tensor>;
}
