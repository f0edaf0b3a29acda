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
  noise: paths.describe("recordings of noise to mix in: audio files, or folders of them"),
  madeUpNoise: z
    .array(noiseKindSchema)
    .default([])
    .describe("noises to make up and mix in, each as often as recordings are"),
  noiseProbability: probability.describe("share of utterances that noise is mixed into, where there is any"),
  noiseSnrDb: range(5, 25).describe("lowest and highest signal-to-noise ratio, in dB"),
  reverberation: paths.describe("room impulse responses to play speech through: audio files, or folders of them"),
  roomSeconds: range(0, 0, z.number().min(0).max(5)).describe(
    "shortest and longest reverberation time of rooms to make up, as often as recorded ones, such as 0.1 0.6; 0 0: none",
  ),
  reverberationProbability: probability.describe("share of utterances that get a room, where there is any"),
  vocalTract: range(1, 1, warp).describe(
    "lowest and highest warp of each utterance's frequencies, a vocal tract of another length, such as 0.9 1.1; 1 1 leaves them",
  ),
  gainDb: range(0, 0).describe("lowest and highest change of loudness, in dB; 0 0 leaves it"),
});

/** A complete configuration of augmentation. */
export type AugmentationConfig = z.output<typeof augmentationSchema>;
