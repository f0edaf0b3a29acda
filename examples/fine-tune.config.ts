/**
 * Fine-tuning: the English model, which knows many voices a little, learns one of them well in two minutes. Against
 * quickstart.config.ts, which begins from nothing, see docs/training.md.
 */
import { englishWebModel } from "@deepspeech-ts/model-english";
import { defineConfig } from "@deepspeech-ts/toolkit";

export default defineConfig({
  // Of the bundles that are shipped, the one that can be trained; dimensions, features and alphabet come with the weights.
  initFrom: englishWebModel,

  train: ["sample-corpus/train"],
  dev: ["sample-corpus/dev"],
  test: ["sample-corpus/test"],
  experiment: "fine-tune",

  epochs: 10,
  maxMinutes: 2,
  maxDurationSeconds: 32,

  // Gentler than from nothing, so that what it knows of other voices is not washed away at once.
  maxBatchSeconds: 20,
  // Within two minutes Muon, whose steps take longer than such batches do, comes to three passes instead of eight.
  optimizer: "adamw",
  learningRate: 1.2e-3,
  schedule: { kind: "warmup-cosine", warmupShare: 0.1 },
  gradientClip: 1,
  betas: [0.9, 0.98],
  emaDecay: 0.98,
  // It passes over the recordings a few times only: masks and other speeds would have it learn less of each.
  specAugment: { timeMasks: 0, frequencyMasks: 0 },
  speedFactors: [1],
});
