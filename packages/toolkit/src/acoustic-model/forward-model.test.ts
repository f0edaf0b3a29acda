/** A model that reads forward: it hears ahead as far as it says, to the sample, and keeps every promise of the other. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { manualSeed, noGrad, randn, type Tensor, tidy } from "@deepspeech-ts/torch";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import { loadCheckpoint, modelFromCheckpoint, modelTensors, saveCheckpoint } from "./checkpoint.js";
import { DeepSpeech } from "./deepspeech.js";
import { featureConfigSchema } from "./feature-config.js";
import { FeatureExtractor } from "./features.js";
import { lookaheadSamples } from "./latency.js";
import { numParameters } from "./memory.js";
import { modelConfigSchema } from "./model-config.js";
import { PRIOR_FRAMES, RunningNorm } from "./running-norm.js";
import { expectedShapes } from "./weight-shapes.js";

const features = featureConfigSchema.parse({ numMels: 16, normalisation: "running" });
const small = { numMels: 16, convChannels: 3, residualLayers: 2, recurrentLayers: 2, hiddenSize: 12 };
const forward = { ...small, direction: "forward" } as const;
const configs = {
  "16 frames ahead": modelConfigSchema.parse({ ...forward, lookaheadFrames: 16 }),
  "none ahead, strides of 3": modelConfigSchema.parse({ ...forward, timeStride: 3, residualLayers: 1 }),
  "kernels of 5, a stride of 1": modelConfigSchema.parse({
    ...forward,
    kernelSize: 5,
    timeStride: 1,
    lookaheadFrames: 2,
  }),
};

function livelyModel(config: DeepSpeech["config"]): DeepSpeech {
  manualSeed(5);
  const model = new DeepSpeech(config).eval();
  noGrad(() =>
    tidy(() => {
      for (const [name, own] of model.stateDict()) {
        if (!name.startsWith("input_norm")) own.add_(randn(own.shape).mul(0.1));
      }
      model.inputNorm!.mean.fill_(-6);
      model.inputNorm!.scale.fill_(0.3);
    }),
  );
  return model;
}

function noise(length: number): Float32Array {
  manualSeed(length);
  return tidy(() => randn([length]).mul(0.1).toFloat32Array());
}

/** Rows of each utterance's own frames, through features and model. */
function answers(model: DeepSpeech, waveforms: readonly Float32Array[]): number[][][] {
  using extractor = new FeatureExtractor(features);
  return noGrad(() =>
    tidy(() => {
      const width = Math.max(...waveforms.map(({ length }) => length));
      const padded = new Float32Array(width * waveforms.length).fill(0.5);
      for (const [row, waveform] of waveforms.entries()) padded.set(waveform, row * width);
      const extracted = extractor.extract(
        padded,
        waveforms.map(({ length }) => length),
      );
      const { logProbs, logProbLengths } = model.forward(extracted.features, extracted.featureLengths);
      return logProbLengths.map((frames, row) =>
        Array.from({ length: frames }, (_, frame) => logProbs.select(0, row).select(0, frame).toNumbers()),
      );
    }),
  );
}

const difference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

for (const [name, config] of Object.entries(configs)) {
  describe(`a forward model: ${name}`, () => {
    const model = livelyModel(config);
    const ahead = lookaheadSamples(config, features);
    const frameSamples = config.timeStride * features.hopSamples;
    const waveform = noise(24_000);

    it("does not hear a sample beyond its look-ahead, and hears the last within it", () => {
      const [clean] = answers(model, [waveform]) as [number[][]];
      for (const frame of [0, 5, 17]) {
        const end = frame * frameSamples + ahead;
        const later = Float32Array.from(waveform, (value, i) => (i >= end ? -value + 0.3 : value));
        const [soiled] = answers(model, [later]) as [number[][]];
        for (let own = 0; own <= frame; own++) assert.deepEqual(soiled[own], clean[own], `frame ${own} of ${frame}`);
        // The window's last weight is small: the sample within it must be loud.
        const within = Float32Array.from(waveform, (value, i) => (i === end - 1 ? 1e7 : value));
        const [reached] = answers(model, [within]) as [number[][]];
        assert.ok(difference(reached[frame]!, clean[frame]!) > 1e-6, `frame ${frame} hears sample ${end - 1}`);
      }
    });

    it("answers for an utterance as it does alone, whatever its batch", () => {
      const batch = [noise(9000), waveform, noise(4321)];
      const together = answers(model, batch);
      for (const [row, own] of batch.entries()) {
        const [alone] = answers(model, [own]) as [number[][]];
        assert.equal(together[row]!.length, alone.length);
        const largest = Math.max(...alone.map((frame, i) => difference(frame, together[row]![i]!)));
        assert.ok(largest < 1e-4, `row ${row} differs by ${largest}`);
      }
    });

    it("has the weights that its dimensions tell", () => {
      const shapes = [...model.stateDict()].map(([own, { shape }]) => [own, [...shape]] as const);
      assert.deepEqual(new Map(shapes), new Map([...expectedShapes(config)].sort((a, b) => order(shapes, a, b))));
      assert.equal(model.numParameters(), numParameters(config));
    });
  });
}

function order(shapes: readonly (readonly [string, unknown])[], a: readonly [string, unknown], b: typeof a): number {
  const place = ([name]: readonly [string, unknown]) => shapes.findIndex(([own]) => own === name);
  return place(a) - place(b);
}

describe("a forward model's state", () => {
  let model: DeepSpeech;
  before(() => {
    model = livelyModel(configs["16 frames ahead"]);
  });

  it("comes back from a checkpoint, statistics included", async (t) => {
    const path = join(await temporaryFolder(t), "forward.safetensors");
    const header = { model: model.config, features, alphabet: englishAlphabet, training: null };
    saveCheckpoint(path, header, modelTensors(model));
    using loaded = tidy(() => modelFromCheckpoint(loadCheckpoint(path)));
    assert.deepEqual(answers(loaded, [noise(9000)]), answers(model, [noise(9000)]));
    assert.equal(loaded.inputNorm!.mean.toNumbers()[3], -6);
  });

  it("has gradients at all its parameters, and none at its statistics", () => {
    const input = tidy(() => randn([2, 40, 16]).mul(2).sub(6));
    model.zeroGrad();
    const { logProbs } = model.forward(input, [40, 31]);
    logProbs
      .mul(tidy(() => randn(logProbs.shape)))
      .sum()
      .backward();
    for (const [name, parameter] of model.namedParameters()) {
      assert.ok(parameter.grad!.abs().sum().item() > 0, name);
    }
    assert.equal(model.inputNorm!.mean.grad, null);
  });

  it("has a row convolution whose gradient is that of finite differences", () => {
    const weight = model.lookahead!.weight;
    const input = tidy(() => randn([2, 30, 12]));
    const mask = tidy(() => randn([2, 30, 12]));
    const loss = () => model.lookahead!.forward(input).mul(mask).sum();
    model.zeroGrad();
    loss().backward();
    const direction = randn(weight.shape);
    const at = (by: number) =>
      noGrad(() => {
        weight.add_(direction.mul(by));
        const value = loss().item();
        weight.add_(direction.mul(-by));
        return value;
      });
    const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
    const analytic = weight.grad!.mul(direction).sum().item();
    assert.ok(Math.abs(numeric - analytic) < 1e-2 * Math.abs(analytic) + 1e-3, `${numeric} and ${analytic}`);
  });
});

describe("normalisation by what was heard so far", () => {
  it("is what its formula says, frame by frame", () => {
    using norm = new RunningNorm(3);
    norm.setPrior({
      sum: Float64Array.of(10, -20, 0),
      squares: Float64Array.of(20, 50, 40),
      frames: 10,
    });
    const input: Tensor = randn([1, 50, 3]).mul(3);
    const output = norm.forward(input, [50]).toNumbers();
    const values = input.toNumbers();
    for (const [band, [mean, variance]] of [
      [1, 1],
      [-2, 1],
      [0, 4],
    ].entries()) {
      let [sum, squares] = [0, PRIOR_FRAMES];
      for (let frame = 0; frame < 50; frame++) {
        const z = (values[3 * frame + band]! - mean!) / Math.sqrt(variance!);
        sum += z;
        squares += z * z;
        const count = PRIOR_FRAMES + frame + 1;
        const expected = (z - sum / count) / Math.sqrt(squares / count - (sum / count) ** 2);
        assert.ok(Math.abs(output[3 * frame + band]! - expected) < 1e-4, `band ${band}, frame ${frame}`);
      }
    }
  });
});

describe("a row convolution", () => {
  it("adds up what follows, each feature by its own weights", () => {
    const model = livelyModel(configs["16 frames ahead"]);
    const layer = model.lookahead!;
    const input = randn([1, 6, 12]);
    const output = noGrad(() => layer.forward(input))
      .contiguous()
      .toNumbers();
    const [values, weights] = [input.toNumbers(), layer.weight.toNumbers()];
    for (let frame = 0; frame < 6; frame++) {
      for (let feature = 0; feature < 12; feature++) {
        let expected = 0;
        for (let j = 0; j <= 16 && frame + j < 6; j++)
          expected += weights[feature * 17 + j]! * values[(frame + j) * 12 + feature]!;
        assert.ok(Math.abs(output[frame * 12 + feature]! - expected) < 1e-5);
      }
    }
  });
});
