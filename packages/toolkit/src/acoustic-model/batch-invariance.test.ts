/**
 * The batch-invariance promise, from real recordings to log-probabilities and gradients: what an utterance gives does
 * not depend on the utterances that it shares a batch with.
 */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { manualSeed, nn, noGrad, rand, type Tensor, tidy } from "@deepspeech-ts/torch";
import { loadWaveform } from "../data/audio/waveform.js";
import { sampleCorpus } from "../data/fixtures.test.support.js";
import { readLibriSpeech } from "../data/librispeech.js";
import { DeepSpeech, type ModelOutput } from "./deepspeech.js";
import { FeatureExtractor } from "./features.js";
import { type ModelConfig, modelConfigSchema } from "./model-config.js";

const PROMISE = 1e-4;
const BLANK_ID = 28;

const small = { convChannels: 4, hiddenSize: 24, residualLayers: 2, recurrentLayers: 3 };
const configs: Record<string, ModelConfig> = {
  "a small model": modelConfigSchema.parse(small),
  "strides of 3, kernels of 5": modelConfigSchema.parse({ ...small, timeStride: 3, frequencyStride: 3, kernelSize: 5 }),
  "one recurrent layer, no residual ones": modelConfigSchema.parse({ ...small, residualLayers: 0, recurrentLayers: 1 }),
};

/** Recordings of 0.5 to 5 seconds, in no order of length, some with an even and some with an odd number of frames. */
let recordings: Float32Array[];

before(async () => {
  const { utterances } = await readLibriSpeech(sampleCorpus("dev"));
  const byLength = utterances.filter(({ durationSeconds }) => durationSeconds < 5);
  byLength.sort((a, b) => a.durationSeconds - b.durationSeconds);
  const chosen = [0.5, 0, 0.95, 0.7, 0.25].map((share) => byLength[Math.floor(share * byLength.length)]!);
  recordings = await Promise.all(chosen.map(async ({ audioPath }) => (await loadWaveform(audioPath)).samples));
});

/** Random weights away from a fresh model's near-uniform answers, and norms whose affine part shows. */
function livelyModel(config: ModelConfig): DeepSpeech {
  manualSeed(7);
  const model = new DeepSpeech(config).eval();
  noGrad(() =>
    tidy(() => {
      for (const [name, parameter] of model.namedParameters()) {
        if (name.includes("layer_norm")) parameter.copy_(rand(parameter.shape).add(0.5));
        if (name === "classifier.3.weight") parameter.mul_(10);
      }
    }),
  );
  return model;
}

/** Rows padded with `padding`, through features and model; each row's own frames. */
function logProbsOf(model: DeepSpeech, extractor: FeatureExtractor, batch: Float32Array[], padding = 0): number[][] {
  return noGrad(() => tidy(() => ownFrames(forward(model, extractor, batch, padding))));
}

function forward(model: DeepSpeech, extractor: FeatureExtractor, batch: Float32Array[], padding = 0): ModelOutput {
  const longest = Math.max(...batch.map((samples) => samples.length));
  const waveforms = new Float32Array(batch.length * longest).fill(padding);
  for (const [row, samples] of batch.entries()) waveforms.set(samples, row * longest);
  const lengths = batch.map((samples) => samples.length);
  const { features, featureLengths } = extractor.extract(waveforms, lengths);
  return model.forward(features, featureLengths);
}

function ownFrames({ logProbs, logProbLengths }: ModelOutput): number[][] {
  return logProbLengths.map((frames, row) => logProbs.select(0, row).narrow(0, 0, frames).contiguous().toNumbers());
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

for (const [name, config] of Object.entries(configs)) {
  describe(`batch invariance: ${name}`, () => {
    const model = livelyModel(config);
    const extractor = new FeatureExtractor();
    let alone: number[][];

    before(() => {
      alone = recordings.map((samples) => logProbsOf(model, extractor, [samples])[0]!);
    });

    function assertInvariant(rows: readonly number[], padding = 0): void {
      const batch = rows.map((row) => recordings[row]!);
      const together = logProbsOf(model, extractor, batch, padding);
      for (const [i, row] of rows.entries()) {
        const difference = largestDifference(together[i]!, alone[row]!);
        assert.ok(difference < PROMISE, `utterance ${row} in batch [${rows}] differs by ${difference}`);
      }
    }

    it("the answers differ from utterance to utterance and from frame to frame", () => {
      const spread = alone.map((values) => Math.max(...values) - Math.min(...values));
      assert.ok(Math.min(...spread) > 2, `log-probabilities spread over ${spread}`);
      const [first = [], second = []] = alone;
      const length = Math.min(first.length, second.length);
      assert.ok(largestDifference(first.slice(0, length), second.slice(0, length)) > 0.1);
    });

    it("padded, in any order", () => {
      for (const rows of [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0],
        [2, 0, 4, 1, 3],
      ])
        assertInvariant(rows);
    });

    it("in any batch size", () => {
      for (const rows of [
        [1, 2],
        [3, 0],
        [1, 2, 4],
        [1, 1, 1, 1, 1, 1, 1, 2],
      ])
        assertInvariant(rows);
    });

    it("whatever lies behind an utterance's end", () => {
      assertInvariant([0, 1, 2, 3, 4], 0.7);
      assertInvariant([0, 1, 2, 3, 4], Number.NaN);
    });
  });
}

describe("batch invariance: the default model", () => {
  it("alone and padded", () => {
    const model = livelyModel(modelConfigSchema.parse({}));
    const extractor = new FeatureExtractor();
    const batch = [recordings[1]!, recordings[4]!];
    const together = logProbsOf(model, extractor, batch);
    for (const [row, samples] of batch.entries()) {
      const difference = largestDifference(together[row]!, logProbsOf(model, extractor, [samples])[0]!);
      assert.ok(difference < PROMISE, `utterance ${row} differs by ${difference}`);
    }
    model.dispose();
  });
});

describe("batch invariance of gradients", () => {
  const targets = [
    [4, 2, 21],
    [9, 6, 13, 13, 16],
    [21, 6, 20, 21, 1, 10],
    [3, 4],
    [1, 5, 6],
  ];

  /** Gradients of one row's loss, all other losses weighing nothing, by parameter. */
  function gradientsOf(model: DeepSpeech, extractor: FeatureExtractor, rows: readonly number[], row: number) {
    return tidy(() => {
      const batch = rows.map((index) => recordings[index]!);
      const { logProbs, logProbLengths } = forward(model, extractor, batch);
      const wanted = rows.map((index) => targets[index]!);
      const options = { blankId: BLANK_ID, reduction: "none" } as const;
      const losses = nn.functional.ctcLoss(logProbs.transpose(0, 1), wanted, logProbLengths, options);
      losses.select(0, rows.indexOf(row)).backward();
      const gradients = [...model.namedParameters()].map(([name, { grad }]) => [name, numbersOf(grad)] as const);
      model.zeroGrad();
      return new Map(gradients);
    });
  }

  function numbersOf(gradient: Tensor | null): number[] {
    assert.ok(gradient);
    return gradient.toNumbers();
  }

  it("an utterance's gradient alone is its gradient in a padded batch", () => {
    const model = livelyModel(modelConfigSchema.parse(small));
    const extractor = new FeatureExtractor();
    for (const row of [1, 3]) {
      const alone = gradientsOf(model, extractor, [row], row);
      const together = gradientsOf(model, extractor, [0, 1, 2, 3, 4], row);
      const sizes = [...alone.values()].map((values) => Math.max(...values.map(Math.abs)));
      const largest = Math.max(...sizes);
      for (const [index, [name, expected]] of [...alone].entries()) {
        const difference = largestDifference(together.get(name)!, expected);
        const allowed = 1e-3 * sizes[index]! + 1e-6 * largest;
        assert.ok(difference <= allowed, `${name}: gradients differ by ${difference}, allowed ${allowed}`);
      }
    }
  });
});
