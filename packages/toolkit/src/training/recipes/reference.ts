/**
 * The recipe of the project that this one succeeds: its features, augmentation, schedule and habits, its defects
 * excepted. Beside it one sees what the default recipe is worth.
 */
import type { TrainConfigInput } from "../config.js";

export const referenceRecipe = {
  // torchaudio's MelSpectrogram: power as it is, without a logarithm, and not normalised.
  features: { kind: "mel", numMels: 128, normalisation: "none" },

  // FrequencyMasking(15) and TimeMasking(35), once each, however short the utterance.
  specAugment: {
    ...{ frequencyMasks: 1, frequencyMaskBands: 15, maxFrequencyMaskShare: 1 },
    ...{ timeMasks: 1, timeMaskFrames: 35, maxTimeMaskShare: 1 },
  },
  speedFactors: [1],

  shortestFirstEpochs: 0,
  lossAverage: "utterances",
  orthogonalRecurrence: false,
  maxBatchUtterances: 40,

  optimizer: "adamw",
  learningRate: 5e-4,
  schedule: { kind: "cosine-warm-restarts", cycleEpochs: 5, cycleMultiplier: 1, minLearningRate: 1e-6 },
  betas: [0.9, 0.999],
  weightDecay: 0.01,
  gradientClip: 5,

  emaDecay: 0,
  selectBy: "wer",
  keepBest: 5,
  patience: 3,
} satisfies TrainConfigInput;
