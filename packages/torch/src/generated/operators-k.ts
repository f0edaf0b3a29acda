// Made by tools/generate-operators.mjs from libtorch's schemas. Do not edit.
import type { Dtype, Operator, Tensor } from "../operator-types.js";

export interface OperatorsK {
  "kaiser_window": Operator<[window_length: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "kaiser_window.beta": Operator<[window_length: number, periodic: boolean, beta: number], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "kaiser_window.periodic": Operator<[window_length: number, periodic: boolean], { dtype?: Dtype | null; layout?: string | null; device?: string | null; pin_memory?: boolean | null }, Tensor>;
  "kl_div": Operator<[self: Tensor, target: Tensor, reduction?: number], { reduction?: number; log_target?: boolean }, Tensor>;
  "kron": Operator<[self: Tensor, other: Tensor], {  }, Tensor>;
  "kthvalue": Operator<[self: Tensor, k: number, dim?: number, keepdim?: boolean], { dim?: number; keepdim?: boolean }, [Tensor, Tensor]>;
  "kthvalue.values": Operator<[self: Tensor, k: number, dim?: number, keepdim?: boolean], { dim?: number; keepdim?: boolean; values: Tensor; indices: Tensor }, [Tensor, Tensor]>;
}
