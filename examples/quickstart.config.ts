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

  epochs: 24,
  maxMinutes: 7,
  maxDurationSeconds: 32,

  // Operators on so small a model are over before a second thread has woken up; the loader uses the other core.
  threads: 1,

  // Small steps leave CTC's all-blank plateau sooner than few large ones; much smaller ones would spend their time in the
  // optimiser, whose work is the same whatever the batch.
  maxBatchSeconds: 15,
  learningRate: 2e-3,
  schedule: { kind: "one-cycle", pctStart: 0.05, finalDivFactor: 4 },
  betas: [0.9, 0.98],
  gradientClip: 1,

  // Masks cost more than they give within minutes of training; speed perturbation (on by default) pays.
  specAugment: { frequencyMasks: 0, timeMasks: 0 },

  // 0.6 million parameters instead of 14.2, and 37.5 ms for each frame of output instead of 25.
  features: { numMels: 64 },
  model: {
    convChannels: 16,
    timeStride: 3,
    residualLayers: 1,
    recurrentLayers: 2,
    hiddenSize: 128,
    dropout: 0.2,
  },
});
