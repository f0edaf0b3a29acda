// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Tensor } from "../operator-types.js";

export interface OperatorsO {
  "one_hot": Operator<[self: Tensor, num_classes?: number], { num_classes?: number }, Tensor>;
  "ones": Operator<[size: readonly number[]], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "ones_like": Operator<[self: Tensor], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null; memory_format?: string | null }, Tensor>;
  "orgqr": Operator<[self: Tensor, input2: Tensor], {  }, Tensor>;
  "ormqr": Operator<[self: Tensor, input2: Tensor, input3: Tensor, left?: boolean, transpose?: boolean], { left?: boolean; transpose?: boolean }, Tensor>;
  "outer": Operator<[self: Tensor, vec2: Tensor], {  }, Tensor>;
  "output_nr": Operator<[self: Tensor], {  }, number>;
}
