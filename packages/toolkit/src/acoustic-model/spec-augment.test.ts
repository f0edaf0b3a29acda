import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ones, type Tensor, tidy } from "@deepspeech-ts/torch";
import { Random } from "../data/random.js";
import { defaultFeatureConfig } from "./feature-config.js";
import { FeatureExtractor, silentFeature } from "./features.js";
import { specAugment } from "./spec-augment.js";
import { type SpecAugmentConfig, specAugmentSchema } from "./spec-augment-config.js";

const FRAMES = 200;
const BANDS = 40;
const ROWS = 200;

function configOf(fields: Partial<SpecAugmentConfig>): SpecAugmentConfig {
  return specAugmentSchema.parse(fields);
}

/** Rows of ones after augmentation, as [row][frame][band]. */
function augmentedOnes(config: SpecAugmentConfig, lengths: readonly number[], key = 1): number[][][] {
  return tidy(() => nested(specAugment(ones([lengths.length, FRAMES, BANDS]), lengths, config, new Random(key))));
}

function nested(tensor: Tensor): number[][][] {
  const [rows = 0, frames = 0, bands = 0] = tensor.shape;
  const values = tensor.toNumbers();
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: frames }, (_, frame) => {
      const start = (row * frames + frame) * bands;
      return values.slice(start, start + bands);
    }),
  );
}

const maskedFrames = (row: number[][]) => row.flatMap((frame, i) => (frame.every((value) => value === 0) ? [i] : []));
const maskedBands = (row: number[][]) => row[0]!.flatMap((_, band) => (row.every((f) => f[band] === 0) ? [band] : []));

function assertContiguous(indices: readonly number[]): void {
  assert.deepEqual(
    indices,
    indices.map((_, i) => indices[0]! + i),
  );
}

describe("specAugment", () => {
  it("draws the same masks from the same stream, and others from another", () => {
    const lengths = Array<number>(4).fill(FRAMES);
    const config = configOf({});
    assert.deepEqual(augmentedOnes(config, lengths, 1), augmentedOnes(config, lengths, 1));
    assert.notDeepEqual(augmentedOnes(config, lengths, 1), augmentedOnes(config, lengths, 2));
  });

  it("masks one stretch of frames, from 0 to its bound long, and the share caps it", () => {
    const cases: [fields: Partial<SpecAugmentConfig>, length: number, longest: number][] = [
      [{ timeMaskFrames: 12, maxTimeMaskShare: 1 }, FRAMES, 12],
      [{ timeMaskFrames: 35, maxTimeMaskShare: 0.1 }, FRAMES, 20],
      [{ timeMaskFrames: 35, maxTimeMaskShare: 0.1 }, 57, 5],
      [{ timeMaskFrames: 35, maxTimeMaskShare: 0 }, FRAMES, 0],
    ];
    for (const [fields, length, longest] of cases) {
      const config = configOf({ ...fields, timeMasks: 1, frequencyMasks: 0 });
      const masks = augmentedOnes(config, Array<number>(ROWS).fill(length)).map(maskedFrames);
      for (const mask of masks) assertContiguous(mask);
      const widths = masks.map((mask) => mask.length);
      assert.equal(Math.max(...widths), longest);
      assert.equal(Math.min(...widths), 0);
      const positions = masks.flat();
      assert.ok(positions.every((frame) => frame < length));
      if (longest === 0) continue;
      assert.ok(Math.min(...positions) < 0.1 * length, "masks reach the beginning");
      assert.ok(Math.max(...positions) >= 0.9 * length, "masks reach the end");
    }
  });

  it("masks one band of frequencies, from 0 to its bound wide, and the share caps it", () => {
    const cases: [share: number, widest: number][] = [
      [1, 15],
      [0.25, 10],
    ];
    for (const [maxFrequencyMaskShare, widest] of cases) {
      const fields = { timeMasks: 0, frequencyMasks: 1, frequencyMaskBands: 15, maxFrequencyMaskShare };
      const masks = augmentedOnes(configOf(fields), Array<number>(ROWS).fill(FRAMES)).map(maskedBands);
      for (const mask of masks) assertContiguous(mask);
      const widths = masks.map((mask) => mask.length);
      assert.deepEqual([Math.min(...widths), Math.max(...widths)], [0, widest]);
      assert.deepEqual([Math.min(...masks.flat()), Math.max(...masks.flat())], [0, BANDS - 1]);
    }
  });

  it("gives each utterance masks of its own", () => {
    const rows = augmentedOnes(configOf({}), Array<number>(20).fill(FRAMES));
    const distinct = new Set(rows.map((row) => JSON.stringify([maskedFrames(row), maskedBands(row)])));
    assert.ok(distinct.size >= 18, `${distinct.size} of 20 are distinct`);
  });

  it("draws as many masks as it is told", () => {
    const config = configOf({ frequencyMasks: 0, timeMasks: 3, timeMaskFrames: 10, maxTimeMaskShare: 1 });
    const counts = augmentedOnes(config, Array<number>(ROWS).fill(FRAMES)).map((row) => maskedFrames(row).length);
    assert.ok(Math.max(...counts) > 20 && Math.max(...counts) <= 30, `at most ${Math.max(...counts)} frames`);
  });

  it("time masks leave padding alone", () => {
    const lengths = Array.from({ length: ROWS }, (_, i) => 1 + (i % FRAMES));
    const config = configOf({ frequencyMasks: 0, timeMasks: 1, timeMaskFrames: 100, maxTimeMaskShare: 1 });
    for (const [row, values] of augmentedOnes(config, lengths).entries()) {
      assert.ok(values.slice(lengths[row]!).every((frame) => frame.every((value) => value === 1)));
    }
  });

  it("with no masks gives what it got; the input is never changed", () => {
    tidy(() => {
      const features = ones([2, FRAMES, BANDS]);
      const untouched = specAugment(
        features,
        [FRAMES, 9],
        configOf({ timeMasks: 0, frequencyMasks: 0 }),
        new Random(1),
      );
      assert.deepEqual(untouched.toNumbers(), features.toNumbers());
      specAugment(features, [FRAMES, 9], configOf({ frequencyMasks: 5 }), new Random(1));
      assert.ok(features.toNumbers().every((value) => value === 1));
    });
  });

  it("takes a mask wider than there are bands", () => {
    const config = configOf({ timeMasks: 0, frequencyMaskBands: 1000, maxFrequencyMaskShare: 1 });
    const widths = augmentedOnes(config, Array<number>(ROWS).fill(3)).map((row) => maskedBands(row).length);
    assert.equal(Math.max(...widths), BANDS);
  });

  it("fills with what says nothing, up to each utterance's end", () => {
    const config = configOf({ timeMasks: 2, frequencyMasks: 2 });
    const lengths = [FRAMES, 60];
    tidy(() => {
      const features = ones([2, FRAMES, BANDS]);
      for (const [row, length] of lengths.entries())
        features
          .select(0, row)
          .narrow(0, length, FRAMES - length)
          .mul_(0);
      const masked = nested(specAugment(features, lengths, config, new Random(3)));
      const filled = nested(specAugment(features, lengths, config, new Random(3), -13.5));
      const expected = masked.map((frames, row) =>
        frames.map((values, frame) => values.map((value) => (value === 0 && frame < lengths[row]! ? -13.5 : value))),
      );
      assert.deepEqual(filled, expected);
      assert.ok(
        filled[1]!.slice(60).every((values) => values.every((value) => value === 0)),
        "padding stays zero",
      );
    });
  });

  it("fills with what digital silence has, for every kind of features", () => {
    const silence = new Float32Array(16_000);
    for (const kind of ["mel", "log-mel"] as const) {
      for (const normalisation of ["none", "utterance"] as const) {
        const config = { ...defaultFeatureConfig, kind, normalisation };
        using extractor = new FeatureExtractor(config);
        const values = tidy(() => extractor.extract(silence, [silence.length]).features.toNumbers());
        const off = Math.max(...values.map((value) => Math.abs(value - silentFeature(config))));
        assert.ok(off < 1e-3, `${kind}, ${normalisation}: off by ${off}`);
      }
    }
  });
});
