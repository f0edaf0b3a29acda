/** Index arithmetic for batches whose rows have different lengths. */
import { fromTypedArray } from "../creation.js";
import type { Dtype } from "../native.js";
import type { Tensor } from "../tensor.js";

/** [B, frames]: 1 within each row's length, 0 beyond. */
export function lengthMask(
  lengths: readonly number[],
  frames: number,
  device = "cpu",
  dtype: Dtype = "float32",
): Tensor {
  const mask = new Float32Array(lengths.length * frames);
  lengths.forEach((length, row) => {
    mask.fill(1, row * frames, row * frames + Math.min(length, frames));
  });
  const made = fromTypedArray(mask, [lengths.length, frames], { device });
  return dtype === "float32" ? made : made.to(dtype);
}

/** [B, frames] int64: for each row, the index that turns its first `length` frames around and leaves the rest alone. */
export function reverseIndex(lengths: readonly number[], frames: number, device = "cpu"): Tensor {
  const index = new BigInt64Array(lengths.length * frames);
  lengths.forEach((length, row) => {
    for (let t = 0; t < frames; t++) index[row * frames + t] = BigInt(t < length ? length - 1 - t : t);
  });
  return fromTypedArray(index, [lengths.length, frames], { device });
}
