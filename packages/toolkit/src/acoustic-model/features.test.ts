import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { liveMemory, type Tensor, tidy } from "@deepspeech-ts/torch";
import { loadWaveform } from "../data/audio/waveform.js";
import { audioFixture } from "../data/fixtures.test.support.js";
import { featureConfigSchema, minSamples, numFrames } from "./feature-config.js";
import { FeatureExtractor } from "./features.js";

const { samples: speech } = await loadWaveform(audioFixture("speech-16k.flac"));

/** Mean and variance of one band over the first frames of a row. */
function momentsOf(features: Tensor, row: number, band: number, frames: number): { mean: number; variance: number } {
  const values = features.select(0, row).narrow(0, 0, frames).select(1, band).contiguous().toNumbers();
  const mean = values.reduce((sum, value) => sum + value, 0) / frames;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / frames };
}

describe("FeatureExtractor", () => {
  it("has a frame at each hop, counted from the first sample", () => {
    const lengths = [1, 199, 200, 399, 400, 16_000];
    assert.deepEqual(
      lengths.map((length) => numFrames(length, { hopSamples: 200 })),
      [1, 1, 2, 2, 3, 81],
    );
  });

  it("gives each band of each utterance mean 0 and variance 1, over its own frames", () => {
    tidy(() => {
      using extractor = new FeatureExtractor(featureConfigSchema.parse({ numMels: 40 }));
      const half = Math.floor(speech.length / 2);
      const batch = new Float32Array(2 * speech.length);
      batch.set(speech);
      batch.set(speech.subarray(0, half), speech.length);
      const { features, featureLengths } = extractor.extract(batch, [speech.length, half]);
      for (const [row, frames] of featureLengths.entries()) {
        for (const band of [0, 17, 39]) {
          const { mean, variance } = momentsOf(features, row, band, frames);
          assert.ok(Math.abs(mean) < 1e-4, `row ${row}, band ${band}: mean ${mean}`);
          assert.ok(Math.abs(variance - 1) < 1e-3, `row ${row}, band ${band}: variance ${variance}`);
        }
      }
    });
  });

  it("does not hear how loud a recording is, once normalised", () => {
    tidy(() => {
      using extractor = new FeatureExtractor(featureConfigSchema.parse({ numMels: 40 }));
      const loud = extractor.extract(speech, [speech.length]).features;
      const quiet = extractor.extract(
        speech.map((sample) => sample / 2),
        [speech.length],
      ).features;
      // Not quite equal: the floor under the logarithm does not move with the loudness.
      const difference = loud.sub(quiet).abs().mean().item();
      assert.ok(difference < 0.02, `features move by ${difference}`);
    });
  });

  it("gives finite numbers for digital silence", () => {
    tidy(() => {
      using extractor = new FeatureExtractor();
      const { features } = extractor.extract(new Float32Array(1000), [1000]);
      assert.ok(features.toNumbers().every((value) => value === 0));
    });
  });

  it("takes an utterance of just over half a window, and refuses a shorter one", () => {
    tidy(() => {
      using extractor = new FeatureExtractor();
      assert.equal(minSamples(extractor.config), 201);
      assert.deepEqual(extractor.extract(speech, [201]).featureLengths, [2]);
      assert.throws(() => extractor.extract(speech, [200]), {
        name: "UserError",
        message: "an utterance has 200 samples, features need at least 201; leave it out.",
      });
    });
  });

  it("warps each utterance by its own factor, whatever the others' are", () => {
    tidy(() => {
      const config = featureConfigSchema.parse({ numMels: 40, kind: "mel", normalisation: "none" });
      using extractor = new FeatureExtractor(config);
      const batch = new Float32Array(2 * speech.length);
      batch.set(speech);
      batch.set(speech.subarray(0, 8000), speech.length);
      const lengths = [speech.length, 8000];
      const together = extractor.extract(batch, lengths, { warps: [1.1, 0.93] }).features;
      for (const [row, warp] of [1.1, 0.93].entries()) {
        const samples = speech.subarray(0, lengths[row]!);
        const { features: alone, featureLengths } = extractor.extract(Float32Array.from(samples), [samples.length], {
          warps: [warp],
        });
        const own = together.select(0, row).narrow(0, 0, featureLengths[0]!);
        const largest = alone.select(0, 0).abs().max().item();
        assert.ok(own.sub(alone.select(0, 0)).abs().max().item() < 1e-5 * largest);
        const plain = extractor.extract(Float32Array.from(samples), [samples.length]).features;
        assert.ok(alone.sub(plain).abs().max().item() > 0.01 * largest, "a warp acts");
      }
      assert.deepEqual(
        extractor.extract(speech, [speech.length], { warps: [1] }).features.toNumbers(),
        extractor.extract(speech, [speech.length]).features.toNumbers(),
      );
    });
  });

  it("a tone that is warped is heard where a tone of the warped frequency is", () => {
    tidy(() => {
      using extractor = new FeatureExtractor(
        featureConfigSchema.parse({ numMels: 40, kind: "mel", normalisation: "none" }),
      );
      const loudest = (hertz: number, warp: number) => {
        const tone = Float32Array.from({ length: 8000 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / 16_000));
        return extractor
          .extract(tone, [8000], { warps: [warp] })
          .features.select(0, 0)
          .sum(0)
          .argmax(0)
          .item();
      };
      // Bands that listen at 1.1 times their frequency hear 2200 Hz where others hear 2000 Hz.
      assert.equal(loudest(2200, 1.1), loudest(2000, 1));
      assert.equal(loudest(1800, 0.9), loudest(2000, 1));
      assert.notEqual(loudest(2200, 1), loudest(2000, 1));
    });
  });

  it("leaves nothing behind but its result", () => {
    const before = liveMemory();
    const extractor = new FeatureExtractor();
    const { features } = extractor.extract(speech, [speech.length]);
    assert.equal(liveMemory().tensors, before.tensors + 3, "window, filters, features");
    features.dispose();
    extractor.dispose();
    assert.deepEqual(liveMemory(), before);
  });
});
