/** How much SpecAugment masks. Apart from spec-augment.ts, so that the command line can read it without libtorch. */
import { z } from "zod";

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
