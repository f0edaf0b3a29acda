/** Features against torchaudio's MelSpectrogram and its logarithm, on speech, a sweep and awkward lengths. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FeatureExtractor, type Features, featureConfigSchema } from "@deepspeech-ts/toolkit/acoustic-model";
import { tidy } from "@deepspeech-ts/torch";
import { assertClose, Golden, type Tolerance } from "./golden.js";

const golden = new Golden("features.safetensors");
const clips = golden.json<string[]>("clips");

/** Ours is [1, frames, numMels], torchaudio's [numMels, frames]. */
function assertFeatures({ features, featureLengths }: Features, name: string, tolerance: Tolerance): void {
  const expected = golden.tensor(name);
  assert.deepEqual(featureLengths, [expected.size(1)], `${name}: frames`);
  assertClose(name, features.squeeze(0).transpose(0, 1), expected, tolerance);
}

function extract(clip: string, numMels: number, kind: "mel" | "log-mel"): Features {
  using extractor = new FeatureExtractor(featureConfigSchema.parse({ numMels, kind, normalisation: "none" }));
  const samples = golden.tensor(`waveform.${clip}`).toFloat32Array() as Float32Array<ArrayBuffer>;
  return extractor.extract(samples, [samples.length]);
}

describe("features, by torchaudio's numbers", () => {
  for (const numMels of [128, 80]) {
    it(`mel power, ${numMels} bands`, () => {
      for (const clip of clips) {
        const tolerance = { relative: 1e-4, ofLargest: 1e-8 };
        tidy(() => assertFeatures(extract(clip, numMels, "mel"), `mel${numMels}.${clip}`, tolerance));
      }
    });

    it(`log-mel, ${numMels} bands`, () => {
      for (const clip of clips) {
        const name = `log_mel${numMels}.${clip}`;
        tidy(() => assertFeatures(extract(clip, numMels, "log-mel"), name, { absolute: 5e-3 }));
      }
    });
  }

  it("a batch of all clips gives each clip its own features, and zeros after them", () => {
    tidy(() => {
      using extractor = new FeatureExtractor(featureConfigSchema.parse({ kind: "mel", normalisation: "none" }));
      const waves = clips.map((clip) => golden.tensor(`waveform.${clip}`).toFloat32Array());
      const longest = Math.max(...waves.map((wave) => wave.length));
      const padded = new Float32Array(waves.length * longest);
      for (const [row, wave] of waves.entries()) padded.set(wave, row * longest);
      const { features, featureLengths } = extractor.extract(
        padded,
        waves.map((wave) => wave.length),
      );
      for (const [row, clip] of clips.entries()) {
        const frames = featureLengths[row]!;
        const own = features.select(0, row).narrow(0, 0, frames).transpose(0, 1);
        assertClose(`batched ${clip}`, own, golden.tensor(`mel128.${clip}`), { relative: 1e-4, ofLargest: 1e-8 });
        const after = features.select(0, row).narrow(0, frames, features.size(1) - frames);
        assert.ok(
          after.toNumbers().every((value) => value === 0),
          `${clip}: padding is not zero`,
        );
      }
    });
  });
});
