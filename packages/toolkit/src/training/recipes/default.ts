/**
 * Our recipe, which holds where no other is named; these are the schema's defaults, gathered. docs/training.md shows
 * what it is worth beside the reference's.
 */
import type { TrainConfigInput } from "../config.js";

export const defaultRecipe = {
  // Loudness as the ear hears it, and every band of every utterance at mean 0 and variance 1: microphones and rooms
  // drop out, and no band outweighs another.
  features: { kind: "log-mel", numMels: 128, normalisation: "utterance" },

  // SpecAugment (Park et al. 2019) with several masks; each covers at most a share of its utterance and of the bands, so
  // that a short one keeps something to hear. Speed perturbation (Ko et al. 2015). Noise and reverberation join where recordings
  // are given: --augmentation.noise, --augmentation.reverberation.
  specAugment: {
    ...{ frequencyMasks: 2, frequencyMaskBands: 20, maxFrequencyMaskShare: 0.15 },
    ...{ timeMasks: 5, timeMaskFrames: 40, maxTimeMaskShare: 0.05 },
  },
  speedFactors: [0.9, 1, 1.1],

  // Short utterances first, in the first epoch: CTC finds its alignments there (SortaGrad, Amodei et al. 2016).
  shortestFirstEpochs: 1,
  lossAverage: "tokens",
  orthogonalRecurrence: true,

  optimizer: "muon",
  learningRate: 1e-3,
  schedule: { kind: "warmup-cosine", warmupShare: 0.1 },
  betas: [0.9, 0.999],
  weightDecay: 0.01,
  gradientClip: 5,

  // What is evaluated and kept is the running average of the weights.
  emaDecay: 0.999,
  selectBy: "auto",
  keepBest: 1,
  patience: 0,
} satisfies TrainConfigInput;
