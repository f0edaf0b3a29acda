/**
 * What training does to the sound of an utterance, besides its speed: the settings, with their defaults and what --help
 * says of them. Noise and rooms are the user's own recordings, or made up; without either, nothing is added.
 */
import { z } from "zod";

const paths = z.array(z.string().min(1)).default([]);
const probability = z.number().min(0).max(1).default(0.5);

const warp = z.number().min(0.5).max(2);

/** Noises that are made up: of three spectra, and babble, several of the corpus's own utterances at once. */
export const noiseKindSchema = z.enum(["white", "pink", "brown", "babble"]);

export type NoiseKind = z.output<typeof noiseKindSchema>;

/** Lowest and highest. */
function range(low: number, high: number, value = z.number()) {
  return z
    .tuple([value, value])
    .refine(([lowest, highest]) => lowest <= highest, "must be the lowest value and then the highest")
    .default([low, high]);
}

/** What a configuration may say of augmentation. */
export const augmentationSchema = z.strictObject({
  noise: paths.describe("noise recordings to mix in: audio files, or folders of them"),
  madeUpNoise: z.array(noiseKindSchema).default([]).describe("synthetic noises to mix in, each as often as recordings"),
  noiseProbability: probability.describe("probability of adding noise to an utterance, if there is any"),
  noiseSnrDb: range(5, 25).describe("minimum and maximum signal-to-noise ratio, in dB"),
  reverberation: paths.describe("room impulse responses to convolve speech with: audio files, or folders of them"),
  roomSeconds: range(0, 0, z.number().min(0).max(5)).describe(
    "minimum and maximum reverberation time of synthetic impulse responses, such as 0.1 0.6; 0 0: none",
  ),
  reverberationProbability: probability.describe(
    "probability of adding reverberation to an utterance, if there are impulse responses",
  ),
  vocalTract: range(1, 1, warp).describe(
    "vocal tract length perturbation: minimum and maximum frequency warp, such as 0.9 1.1; 1 1: none",
  ),
  gainDb: range(0, 0).describe("minimum and maximum change of gain, in dB; 0 0: none"),
});

/** A complete configuration of augmentation. */
export type AugmentationConfig = z.output<typeof augmentationSchema>;
