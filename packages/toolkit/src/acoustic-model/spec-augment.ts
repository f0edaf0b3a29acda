/**
 * SpecAugment (Park et al. 2019, arXiv:1904.08779) without time warping: bands of frequencies and stretches of time are
 * masked with zero, each utterance by its own draw. Zero is the mean where features are normalised.
 */
import { fromTypedArray, type Tensor, tidy } from "@deepspeech-ts/torch";
import type { Random } from "../data/random.js";
import type { SpecAugmentConfig } from "./spec-augment-config.js";

/**
 * @param features [B, T, F]
 * @param random draws the masks: the same stream gives the same masks
 * @returns [B, T, F], a new tensor
 */
export function specAugment(
  features: Tensor,
  featureLengths: readonly number[],
  config: SpecAugmentConfig,
  random: Random,
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
  return tidy(() =>
    features
      .mul(fromTypedArray(timeMask, [batch, frames, 1], { device: features.device }))
      .mul(fromTypedArray(bandMask, [batch, 1, bands], { device: features.device })),
  );
}

/** Sets a stretch of at most `longest` of the `length` elements after `offset` to zero. */
function cut(mask: Float32Array, offset: number, length: number, longest: number, random: Random): void {
  const width = random.integer(longest + 1);
  const start = random.integer(length - width + 1);
  mask.fill(0, offset + start, offset + start + width);
}
