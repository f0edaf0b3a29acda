import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeText, englishAlphabet } from "@deepspeech-ts/speech";
import { utterance } from "../data/fixtures.test.support.js";
import type { Batch } from "../data/loader.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { defaultFeatureConfig } from "./feature-config.js";
import { usableBatch } from "./usable-batch.js";

/** Rows of 1, 2, 3, … for utterances of these lengths. */
function batchOf(sampleLengths: readonly number[], text = "hello"): Batch<PreparedUtterance> {
  const maxSamples = Math.max(...sampleLengths);
  const waveforms = new Float32Array(sampleLengths.length * maxSamples);
  for (const [row, length] of sampleLengths.entries()) {
    waveforms.fill(row + 1, row * maxSamples, row * maxSamples + length);
  }
  const targets = encodeText(text, englishAlphabet);
  return {
    utterances: sampleLengths.map((_, row) => ({ ...utterance(`u${row}`), targetText: text, targets })),
    speedFactors: sampleLengths.map((_, row) => 1 + row / 10),
    waveforms,
    maxSamples,
    sampleLengths: [...sampleLengths],
    failures: [{ utterance: utterance("lost"), reason: "lost.wav: is empty." }],
  };
}

describe("usableBatch", () => {
  it("gives a batch back as it is where all is well", () => {
    const batch = batchOf([16_000, 8000]);
    assert.equal(usableBatch(batch, { features: defaultFeatureConfig, model: { timeStride: 2 } }), batch);
  });

  it("takes out what has no features, and what CTC cannot align", () => {
    // "hello" needs 6 frames: 5 letters and a blank between the two l's. 2000 samples give 11 frames, and 6 after the stride.
    const batch = batchOf([200, 2000, 1999, 16_000]);
    const usable = usableBatch(batch, { features: defaultFeatureConfig, model: { timeStride: 2 } });
    assert.deepEqual(
      usable.utterances.map(({ id }) => id),
      ["u1", "u3"],
    );
    assert.deepEqual(usable.speedFactors, [1.1, 1.3]);
    assert.deepEqual(usable.sampleLengths, [2000, 16_000]);
    const rows = [0, 1].map((row) => usable.waveforms.subarray(row * usable.maxSamples, (row + 1) * usable.maxSamples));
    assert.ok(rows[0]!.subarray(0, 2000).every((sample) => sample === 2));
    assert.ok(rows[0]!.subarray(2000).every((sample) => sample === 0));
    assert.ok(rows[1]!.every((sample) => sample === 4));
    assert.deepEqual(
      usable.failures.map(({ reason }) => reason),
      [
        "lost.wav: is empty.",
        "u0.wav: has 200 samples at 16000 Hz, features need at least 201",
        "u2.wav: the transcript needs 6 frames, and the 0.12 s that were read give 5",
      ],
    );
  });

  it("keeps what CTC cannot align where nothing is trained", () => {
    const usable = usableBatch(batchOf([200, 1999]), { features: defaultFeatureConfig });
    assert.deepEqual(
      usable.utterances.map(({ id }) => id),
      ["u1"],
    );
  });
});
