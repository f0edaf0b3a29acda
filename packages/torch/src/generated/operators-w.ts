// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Operator, Scalar, Tensor } from "../operator-types.js";

export interface OperatorsW {
  "where": Operator<[condition: Tensor], {  }, Tensor[]>;
  "where.Scalar": Operator<[condition: Tensor, self: Scalar, other: Scalar], {  }, Tensor>;
  "where.ScalarOther": Operator<[condition: Tensor, self: Tensor, other: Scalar], {  }, Tensor>;
  "where.ScalarSelf": Operator<[condition: Tensor, self: Scalar, other: Tensor], {  }, Tensor>;
  "where.self": Operator<[condition: Tensor, self: Tensor, other: Tensor], {  }, Tensor>;
}
