/**
 * The quickstart: a small model of the same architecture, on 18 minutes of one voice, in a few minutes on two cores.
 * docs/training.md tells why it is made so, and what was tried.
 */
import { defineConfig } from "@deepspeech-ts/toolkit";

export default defineConfig({
  train: ["sample-corpus/train"],
  dev: ["sample-corpus/dev"],
  test: ["sample-corpus/test"],
  experiment: "quickstart",

  epochs: 20,
  maxMinutes: 7,
  batchSeconds: 8,
  maxDurationSeconds: 16,

  learningRate: 2e-3,
  schedule: "warmup-cosine",
  betas: [0.9, 0.98],
  gradientClip: 1,

  features: { numMels: 64 },
  model: {
    convChannels: 16,
    timeStride: 3,
    residualLayers: 1,
    recurrentLayers: 2,
    hiddenSize: 128,
  },
});
