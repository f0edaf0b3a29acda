/**
 * How the English model is trained, from a folder of corpora that holds train.jsonl and dev.jsonl:
 *
 *     npx deepspeech data splice corpora/train.jsonl --to corpora/spliced
 *     DEEPSPEECH_CORPORA=corpora npx deepspeech train --config packages/model-english/english.config.ts
 *
 * The shipped model had several such runs, each of them as long as `--max-minutes` let it be, in which the learning rate
 * falls to zero, and each with the weights of the one before (`--init-from`). This is the recipe of the last of them; an earlier
 * one had synthetic speech beside the recordings, two hours to one. metrics.json tells what the shipped model has had so far,
 * and README.md what of the data came from where.
 */
import { join } from "node:path";
import { defineConfig } from "@deepspeech-ts/toolkit";

const corpora = process.env.DEEPSPEECH_CORPORA ?? "corpora";

export default defineConfig({
  // What few hours say is learned by heart; what splices say is new.
  train: [join(corpora, "train.jsonl"), join(corpora, "spliced")],
  dev: [join(corpora, "dev.jsonl")],
  test: [],
  experiment: "english",

  // On a processor that has no instructions for it, fp32 is faster.
  precision: "bf16",
  epochs: 60,
  maxBatchSeconds: 80,
  // The weights know speech already, so that the first epoch needs no easy beginning.
  shortestFirstEpochs: 0,
  optimizer: "muon",
  learningRate: 5e-4,
  schedule: { kind: "warmup-cosine", warmupShare: 0.03 },
  gradientClip: 1,
  betas: [0.9, 0.98],
  emaDecay: 0.999,

  // Few voices made many: other speeds and vocal tracts each time, and masks.
  speedFactors: [0.85, 0.9, 1, 1.1, 1.15],
  specAugment: {
    timeMasks: 4,
    maxTimeMaskShare: 0.05,
    frequencyMasks: 2,
    frequencyMaskBands: 27,
    maxFrequencyMaskShare: 0.25,
  },
  augmentation: { vocalTract: [0.85, 1.15] },
  // With a language model, words are found by how they are spoken: most of what is learned is for the phones, and for the
  // right ones to be likelier than others that could be said.
  phones: true,
  objective: { intermediateLayers: [2], intermediateWeight: 0.1, phoneWeight: 0.7, phoneCrfWeight: 0.9 },

  // 7.9 million parameters. A direction's recurrent weights fit a core's own cache, in 8 bits and in fp32.
  features: { numMels: 80 },
  model: { convChannels: 32, timeStride: 3, residualLayers: 2, recurrentLayers: 3, hiddenSize: 384, dropout: 0.25 },
});
