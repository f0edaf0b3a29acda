import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, randomNumbers } from "../fixtures.test.support.js";
import { fileFormat } from "./format.js";
import { ac3FrameBytes, adtsFrameBytes, mpegFrame } from "./frame-headers.js";

const random = randomNumbers(1);
const uniform = (most: number) => () => Math.floor(random() * (2 * most + 1)) - most;
const gaussian = (scale: number) => () =>
  Math.round(scale * Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random()));

const NOISES: Readonly<Record<string, () => number>> = {
  "-1 and 0": () => -Math.round(random()),
  "-1 to 1": uniform(1),
  "-2 to 2": uniform(2),
  "-5 to 5": uniform(5),
  "-40 to 40": uniform(40),
  "of a level of 3": gaussian(3),
  "of a level of 30": gaussian(30),
  "of a level of 1000": gaussian(1000),
};

for (const [name, draw] of Object.entries(NOISES)) {
  test(`raw noise ${name} is no sound file`, () => {
    for (let i = 0; i < 500; i++) {
      const samples = Int16Array.from({ length: 2048 }, draw);
      assert.equal(fileFormat(new Uint8Array(samples.buffer)), undefined);
      // The beginning of a header of MPEG audio in free format, and of one that tells its length.
      samples[0] = -1;
      samples[1] = i % 2 === 0 ? 0 : 20;
      assert.equal(fileFormat(new Uint8Array(samples.buffer)), undefined);
    }
  });
}

test("an MP3 file is one, however its bit rates vary", async () => {
  assert.equal(fileFormat((await bytesOf("speech-16k.mp3")).subarray(0, 4096)), "ID3 tags");
  const head = new Uint8Array(4096);
  const lengths = [417, 522, 208];
  for (let [at, i] = [0, 0]; at < head.length; at += lengths[i++ % 3] as number) {
    head.set([0xff, 0xfb, [0x90, 0xa0, 0x50][i % 3] as number, 0x44].slice(0, head.length - at), at);
  }
  assert.equal(fileFormat(head), "mp3");
  head[417] = 0;
  assert.equal(fileFormat(head), undefined);
});

test("frames tell their length", () => {
  const mpeg = (...header: number[]) => mpegFrame(Uint8Array.of(0, 0xff, ...header), 1);
  // Of the frames that coders of everyday use make: 128 kbit/s at 44.1 kHz, 24 kbit/s at 16 kHz.
  assert.deepEqual(mpeg(0xfb, 0x90, 0x44), { layer: 3, sampleRate: 44_100, numSamples: 1152, numBytes: 417 });
  assert.deepEqual(mpeg(0xfb, 0x92, 0x44), { layer: 3, sampleRate: 44_100, numSamples: 1152, numBytes: 418 });
  assert.deepEqual(mpeg(0xf3, 0x38, 0xc4), { layer: 3, sampleRate: 16_000, numSamples: 576, numBytes: 108 });
  assert.deepEqual(mpeg(0xe3, 0x18, 0xc4), { layer: 3, sampleRate: 8000, numSamples: 576, numBytes: 72 });
  assert.deepEqual(mpeg(0xfd, 0x84, 0x04), { layer: 2, sampleRate: 48_000, numSamples: 1152, numBytes: 384 });
  assert.deepEqual(mpeg(0xff, 0xc4, 0x04), { layer: 1, sampleRate: 48_000, numSamples: 384, numBytes: 384 });
  assert.equal(mpeg(0xfb, 0x00, 0x44)?.numBytes, undefined);
  for (const [kind, rates] of [
    [0xeb, 0x90],
    [0xf9, 0x90],
    [0xfb, 0xf0],
    [0xfb, 0x9c],
    [0x1b, 0x90],
  ] as const) {
    assert.equal(mpeg(kind, rates, 0x44), undefined);
  }
  assert.equal(adtsFrameBytes(Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc), 0), 371);
  // 448 kbit/s at 48 kHz, and at 44.1 kHz without and with padding; E-AC-3.
  assert.equal(ac3FrameBytes(Uint8Array.of(0x0b, 0x77, 1, 2, 0x1e, 0x40), 0), 1792);
  assert.equal(ac3FrameBytes(Uint8Array.of(0x0b, 0x77, 1, 2, 0x5e, 0x40), 0), 1950);
  assert.equal(ac3FrameBytes(Uint8Array.of(0x0b, 0x77, 1, 2, 0x5f, 0x40), 0), 1952);
  assert.equal(ac3FrameBytes(Uint8Array.of(0x0b, 0x77, 0x02, 0xff, 0x3f, 0x80), 0), 1536);
  assert.equal(ac3FrameBytes(Uint8Array.of(0x0b, 0x77, 1, 2, 0xde, 0x40), 0), undefined);
});
