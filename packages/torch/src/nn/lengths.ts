/** Index arithmetic for batches whose rows have different lengths. Only the lengths travel to a device, or one index. */
import { arange, fromTypedArray, tensor } from "../creation.js";
import type { Dtype } from "../native.js";
import { tidy } from "../scope.js";
import type { Tensor } from "../tensor.js";

/** A mask [B, frames]; 1 within each row's length, 0 beyond. */
export function lengthMask(
  lengths: readonly number[],
  frames: number,
  device = "cpu",
  dtype: Dtype = "float32",
): Tensor {
  return tidy(() => {
    const ends = fromTypedArray(Int32Array.from(lengths), [lengths.length, 1], { device });
    return arange(frames, undefined, { device }).lt(ends).to(dtype);
  });
}

/** How the frames of a batch stand one after another where none is padding, as cuDNN wants sequences of their own lengths. */
export interface Packing {
  /** Places in the flattened [B · frames], int64 on the device: all first frames, longest row first, then all second ones, … */
  readonly places: Tensor;
  /** Rows that are still on at each frame, int64 on the CPU. */
  readonly batchSizes: Tensor;
}

export function packingOf(lengths: readonly number[], frames: number, device = "cpu"): Packing {
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]!);
  const places: number[] = [];
  const batchSizes = Array.from({ length: Math.max(0, ...lengths) }, (_, t) => {
    const on = order.filter((row) => t < lengths[row]!);
    for (const row of on) places.push(row * frames + t);
    return on.length;
  });
  const narrow = fromTypedArray(Int32Array.from(places), undefined, { device });
  return { places: narrow.to("int64"), batchSizes: tensor(batchSizes, { dtype: "int64" }) };
}
