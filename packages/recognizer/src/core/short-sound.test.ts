import assert from "node:assert/strict";
import { test } from "node:test";
import type { BundleHeader } from "@deepspeech-ts/speech";
import { SampleBuffer } from "./sample-buffer.js";
import { contextStart, hearShort } from "./short-sound.js";

const header = { sampleRate: 16_000, frameSeconds: 0.02 } as BundleHeader;
const FRAME_SAMPLES = 320;

/** Samples that tell their place, and a model whose frames tell their first sample. */
async function heard(numSamples: number, start: number, end: number) {
  const buffer = new SampleBuffer();
  buffer.push(Float32Array.from({ length: numSamples }, (_, i) => i + 1));
  buffer.dropBefore(contextStart(start, header));
  const given: Float32Array[] = [];
  const infer = async (samples: Float32Array<ArrayBuffer>) => {
    given.push(samples);
    const numFrames = Math.ceil(samples.length / FRAME_SAMPLES);
    const logProbs = Float32Array.from({ length: numFrames }, (_, frame) => samples[FRAME_SAMPLES * frame] as number);
    return { logProbs, numFrames, numTokens: 1 };
  };
  const { emissions, leadSeconds } = await hearShort(buffer, { start, end }, { header, infer });
  return { emissions, leadSeconds, samples: given[0] as Float32Array };
}

test("a recording is heard between half a second of silence on either side", async () => {
  const { samples, leadSeconds, emissions } = await heard(3200, 0, 3200);
  assert.equal(leadSeconds, 0.5);
  assert.deepEqual(samples.subarray(0, 8000), new Float32Array(8000));
  assert.deepEqual([samples[8000], samples[11_199]], [1, 3200]);
  assert.deepEqual(samples.subarray(11_200), new Float32Array(8000));
  assert.equal(emissions.numFrames, 60);
});

test("what is left of a recording is heard with the sound before it, and only its own frames count", async () => {
  for (const start of [100, 5000, 60_000]) {
    const { samples, leadSeconds, emissions } = await heard(70_000, start, start + 1600);
    const numBefore = Math.min(100, Math.floor(start / FRAME_SAMPLES)) * FRAME_SAMPLES;
    assert.equal(samples.length, numBefore + 1600);
    assert.equal(samples[0], start - numBefore + 1);
    assert.equal(leadSeconds, 0);
    assert.deepEqual(
      [...emissions.logProbs],
      [0, 1, 2, 3, 4].map((frame) => start + 1 + FRAME_SAMPLES * frame),
    );
  }
});
