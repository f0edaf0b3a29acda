/** How much SpecAugment masks. Apart from spec-augment.ts, so that the command line can read it without libtorch. */
import { z } from "zod";

const count = z.int().min(0);

export const specAugmentSchema = z.strictObject({
  frequencyMasks: count.default(2).describe("frequency masks for each utterance; 0 switches them off"),
  frequencyMaskBands: count.default(20).describe("a frequency mask's width is drawn from 0 to this, in mel bands"),
  maxFrequencyMaskShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.15)
    .describe("no frequency mask covers more of the mel bands than this"),
  timeMasks: count.default(5).describe("time masks for each utterance; 0 switches them off"),
  timeMaskFrames: count.default(40).describe("a time mask's length is drawn from 0 to this, in frames"),
  maxTimeMaskShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe("no time mask covers more of its utterance than this"),
});

/** Several short masks, as SpecAugment's own policies for LibriSpeech have; see training/recipes for the reference's. */
export type SpecAugmentConfig = z.infer<typeof specAugmentSchema>;
