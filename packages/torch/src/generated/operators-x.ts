// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsX {
  "xlogy.OutScalar_Other": Operator<[self: Tensor, other: Scalar], { out: Tensor }, Tensor>;
  "xlogy.OutScalar_Self": Operator<[self: Scalar, other: Tensor], { out: Tensor }, Tensor>;
  "xlogy.OutTensor": Operator<[self: Tensor, other: Tensor], { out: Tensor }, Tensor>;
  "xlogy.Scalar_Other": Operator<[self: Tensor, other: Scalar], {  }, Tensor>;
  "xlogy.Scalar_Self": Operator<[self: Scalar, other: Tensor], {  }, Tensor>;
  "xlogy.Tensor": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "xlogy_.Scalar_Other": Operator<[self: Tensor, other: Scalar], {  }, Tensor>;
  "xlogy_.Tensor": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
}
