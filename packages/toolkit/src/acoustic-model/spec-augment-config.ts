/** How much SpecAugment masks. Apart from spec-augment.ts, so that the command line can read it without libtorch. */
import { z } from "zod";

const count = z.int().min(0);

/** What a configuration may say of SpecAugment. */
export const specAugmentSchema = z.strictObject({
  startEpoch: z.int().min(1).default(1).describe("the first epoch with masks, counted from 1"),
  startCer: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe("no masks until an epoch has ended with a dev CER below this, when CTC is off its plateau; 1: no wait"),
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
