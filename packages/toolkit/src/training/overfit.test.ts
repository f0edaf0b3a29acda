/** The whole chain learns: eight real recordings by heart, down to the last character. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { manifestIn, shortUtterances, tinyConfig, trainInWorker } from "./training.test.support.js";

/** Each recording stands in the manifest so often that the dev set is not measured after every pass. */
const PASSES_AN_EPOCH = 6;

test("a small model overfits eight utterances to CER 0", async (t) => {
  const folder = await temporaryFolder(t);
  const eight = await shortUtterances(8);
  const dev = await manifestIn(folder, eight, "dev");
  const repeated = Array.from({ length: PASSES_AN_EPOCH }, (_, pass) =>
    eight.map((utterance) => ({ ...utterance, id: `${utterance.id}-${pass}` })),
  );
  const train = await manifestIn(folder, repeated.flat(), "train");
  const config = tinyConfig(folder, dev, {
    train: [train],
    epochs: 40,
    learningRate: 2e-3,
    betas: [0.9, 0.98],
    gradientClip: 1,
    weightDecay: 0,
    shortestFirstEpochs: 0,
    speedFactors: [1],
    specAugment: { timeMasks: 0, frequencyMasks: 0 },
    features: { numMels: 40 },
    model: { convChannels: 4, residualLayers: 1, recurrentLayers: 2, hiddenSize: 48, dropout: 0 },
  });
  const run = await trainInWorker(config, { stopWhen: (event) => event.kind === "epoch" && event.dev.rates.cer === 0 });
  const epochs = run.all("epoch");
  const errorRates = epochs.map(({ dev: { rates } }) => rates.cer.toFixed(2)).join(" ");
  t.diagnostic(`CER by epoch: ${errorRates}`);
  assert.equal(Math.min(...epochs.map(({ dev: { rates } }) => rates.cer)), 0, `CER by epoch: ${errorRates}`);
  const last = epochs.at(-1)!;
  assert.deepEqual(
    last.dev.samples.map(({ hypothesis }) => hypothesis),
    last.dev.samples.map(({ reference }) => reference),
  );
});
