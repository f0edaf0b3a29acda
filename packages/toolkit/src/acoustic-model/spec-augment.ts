/**
 * SpecAugment (Park et al. 2019, arXiv:1904.08779) without time warping: bands of frequencies and stretches of time are
 * masked, each utterance by its own draw, with what says nothing there: the mean, which is zero, where features are
 * normalised, and else what silence has.
 */
import { fromTypedArray, nn, type Tensor, tidy } from "@deepspeech-ts/torch";
import type { Random } from "../data/random.js";
import type { SpecAugmentConfig } from "./spec-augment-config.js";

/**
 * @param features [B, T, F]
 * @param random draws the masks: the same stream gives the same masks
 * @param fill what masked values become (`silentFeature`), each band's own where [F]; padding stays zero
 * @returns [B, T, F], a new tensor
 */
export function specAugment(
  features: Tensor,
  featureLengths: readonly number[],
  config: SpecAugmentConfig,
  random: Random,
  fill: number | Tensor = 0,
): Tensor {
  const [batch = 0, frames = 0, bands = 0] = features.shape;
  const timeMask = new Float32Array(batch * frames).fill(1);
  const bandMask = new Float32Array(batch * bands).fill(1);
  const widest = Math.min(config.frequencyMaskBands, Math.floor(config.maxFrequencyMaskShare * bands));
  for (const [row, length] of featureLengths.entries()) {
    const longest = Math.min(config.timeMaskFrames, Math.floor(config.maxTimeMaskShare * length));
    for (let i = 0; i < config.timeMasks; i++) cut(timeMask, row * frames, length, longest, random);
    for (let i = 0; i < config.frequencyMasks; i++) cut(bandMask, row * bands, bands, widest, random);
  }
  return tidy(() => {
    const times = fromTypedArray(timeMask, [batch, frames, 1], { device: features.device });
    const bandsOf = fromTypedArray(bandMask, [batch, 1, bands], { device: features.device });
    const masked = features.mul(times).mul(bandsOf);
    if (fill === 0) return masked;
    const keptShare = times.mul(bandsOf); // [B, T, F]
    const sound = nn.lengthMask(featureLengths, frames, features.device).unsqueeze(2); // [B, T, 1]
    return masked.add(keptShare.mul(-1).add(1).mul(sound).mul(fill));
  });
}

/** Sets a stretch of at most `longest` of the `length` elements after `offset` to zero. */
function cut(mask: Float32Array, offset: number, length: number, longest: number, random: Random): void {
  const width = random.integer(longest + 1);
  const start = random.integer(length - width + 1);
  mask.fill(0, offset + start, offset + start + width);
}
