import assert from "node:assert/strict";
import { test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { resample } from "../audio/resample.js";
import { wavHeader } from "../audio/write-wav.js";
import { whiteNoise } from "../fixtures.test.support.js";
import { Cancellation } from "./cancellation.js";
import { streamSamples } from "./stream-source.js";

const MODEL_RATE = 16_000;

/** One channel of 32-bit floats. */
function wavFile(samples: Float32Array<ArrayBuffer>, sampleRate: number): Uint8Array {
  const header = wavHeader({ encoding: 3, numChannels: 1, sampleRate, sampleBits: 32 }, samples.byteLength);
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}

for (const rate of [MODEL_RATE, 44_100]) {
  test(`a live file of ${rate} Hz is heard as an upload is: resampled where its rate is another, and only there`, async () => {
    const samples = whiteNoise(rate, -20);
    const bytes = wavFile(samples, rate);
    const pieces = Array.from({ length: 20 }, (_, i) => bytes.subarray(10_000 * i, 10_000 * (i + 1)));
    const parts: Float32Array[] = [];
    const engine = { sampleRate: MODEL_RATE, cancellation: new Cancellation() };
    for await (const part of streamSamples(pieces, { encoding: "file" }, engine)) parts.push(part.slice());
    assert.deepEqual(joinArrays(parts), resample(samples, rate, MODEL_RATE));
  });
}
