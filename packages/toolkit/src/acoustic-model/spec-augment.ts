/**
 * SpecAugment (Park et al. 2019, arXiv:1904.08779) without time warping: bands of frequencies and stretches of time are
 * masked with zero, each utterance by its own draw. Zero is the mean where features are normalised.
 */
import { fromTypedArray, type Tensor, tidy } from "@deepspeech-ts/torch";
import { z } from "zod";
import type { Random } from "../data/random.js";

const count = z.int().min(0);

export const specAugmentSchema = z.strictObject({
  frequencyMasks: count.default(1).describe("frequency masks for each utterance; 0 switches them off"),
  frequencyMaskBands: count.default(15).describe("a frequency mask's width is drawn from 0 to this, in mel bands"),
  timeMasks: count.default(1).describe("time masks for each utterance; 0 switches them off"),
  timeMaskFrames: count.default(35).describe("a time mask's length is drawn from 0 to this, in frames"),
  maxTimeMaskShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("no time mask covers more of its utterance than this"),
});

/** The defaults are the reference's FrequencyMasking(15) and TimeMasking(35), with the length capped by a share. */
export type SpecAugmentConfig = z.infer<typeof specAugmentSchema>;

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
  for (const [row, length] of featureLengths.entries()) {
    const longest = Math.min(config.timeMaskFrames, Math.floor(config.maxTimeMaskShare * length));
    for (let i = 0; i < config.timeMasks; i++) cut(timeMask, row * frames, length, longest, random);
    for (let i = 0; i < config.frequencyMasks; i++) {
      cut(bandMask, row * bands, bands, Math.min(config.frequencyMaskBands, bands), random);
    }
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
