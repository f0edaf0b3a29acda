import { callUntyped } from "../call.js";
import type { Tensor } from "../tensor.js";
import type { Dropout } from "./dropout.js";
import { gelu } from "./functional.js";
import { isFusable } from "./fused.js";
import type { LayerNorm } from "./layer-norm.js";
import { lengthMask } from "./lengths.js";

/** What is done beside LayerNorm and GELU. */
export interface NormGeluDropoutOptions {
  /** Default: nothing is dropped. */
  dropout?: Dropout;
  /** Valid frames of each utterance; what lies beyond becomes zero. Default: all are. */
  lengths?: readonly number[] | undefined;
}

/**
 * dropout(gelu(norm(input))), the way into each layer of a pre-activation network (He et al. 2016).
 *
 * input [B, ..., T, N] → the same shape; with `lengths`, frames t ≥ lengths[b] are zero
 *
 * On the CPU it is one operator (native/norm_gelu_dropout.cc), which passes over memory once each way and keeps nothing
 * between but its input; elsewhere, and for weights that are not float32, it is composed.
 */
export function normGeluDropout(
  input: Tensor,
  norm: LayerNorm,
  { dropout, lengths }: NormGeluDropoutOptions = {},
): Tensor {
  if (isFusable(input) && norm.weight.dtype === "float32") {
    const p = dropout?.training ? dropout.p : 0;
    const positional = [input, norm.weight, norm.bias, norm.eps, p, lengths];
    return callUntyped("deepspeech::norm_gelu_dropout", positional) as Tensor;
  }
  const activated = gelu(norm.forward(input));
  const output = dropout?.forward(activated) ?? activated;
  return lengths ? zeroBeyond(output, lengths) : output;
}

/** [B, ..., T, N] with the frames t ≥ lengths[b] set to zero. */
function zeroBeyond(input: Tensor, lengths: readonly number[]): Tensor {
  const frames = input.size(-2);
  if (lengths.every((length) => length === frames)) return input;
  const between = input.shape.slice(1, -2).map(() => 1);
  const mask = lengthMask(lengths, frames, input.device, input.dtype);
  return input.mul(mask.reshape([lengths.length, ...between, frames, 1]));
}
