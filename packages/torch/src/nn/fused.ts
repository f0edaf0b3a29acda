import type { Tensor } from "../tensor.js";

/** Whether our own operators (native/) take the tensor: they run on the CPU, in two dtypes. */
export function isFusable({ device, dtype }: Tensor): boolean {
  return device === "cpu" && (dtype === "float32" || dtype === "bfloat16");
}
