/** How waveforms become features. Apart from features.ts, so that the command line can read it without libtorch. */
import { z } from "zod";

/** What a configuration may say of features. */
export const featureConfigSchema = z.strictObject({
  kind: z
    .enum(["log-mel", "mel"])
    .default("log-mel")
    .describe("log(power + 1e-6), or power as it is: what the reference was trained on"),
  sampleRate: z.int().min(1000).default(16_000).describe("sample rate that recordings are resampled to"),
  fftSamples: z.int().min(2).multipleOf(2).default(400).describe("width of the Fourier transform and of its window"),
  hopSamples: z.int().min(1).default(200).describe("samples from one frame to the next"),
  numMels: z.int().min(1).default(128).describe("mel bands"),
  normalisation: z
    .enum(["utterance", "running", "none"])
    .default("utterance")
    .describe(
      "normalise each band to mean 0 and variance 1: over the whole utterance, or by running statistics, as a forward model must, or not at all",
    ),
});

/** What features are, all of it. */
export type FeatureConfig = z.infer<typeof featureConfigSchema>;

/** The features of a default run. */
export const defaultFeatureConfig: FeatureConfig = featureConfigSchema.parse({});

/** Frames that `numSamples` samples give: one at each hop, counted from the first sample. */
export function numFrames(numSamples: number, { hopSamples }: Pick<FeatureConfig, "hopSamples">): number {
  return Math.floor(numSamples / hopSamples) + 1;
}

/** Samples an utterance must have: the reflection at its ends needs more than half a window. */
export function minSamples({ fftSamples }: Pick<FeatureConfig, "fftSamples">): number {
  return fftSamples / 2 + 1;
}
