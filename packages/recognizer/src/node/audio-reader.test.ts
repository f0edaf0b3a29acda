import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { resample } from "../audio/resample.js";
import { wavHeader } from "../audio/write-wav.js";
import { AudioReader, type AudioSource } from "../core/audio-reader.js";
import { audioFixture, bytesOf, samplesOf, whiteNoise } from "../fixtures.test.support.js";
import { openSoundFile } from "./open-file.js";

const RATE = 16_000;

async function readAll(source: AudioSource): Promise<Float32Array[]> {
  const reader = new AudioReader(source, openSoundFile);
  const pieces: Float32Array[] = [];
  for (let piece = await reader.next(); piece; piece = await reader.next()) pieces.push(piece);
  await reader.close();
  return pieces;
}

const source = (input: AudioSource["input"], inputSampleRate = RATE): AudioSource => {
  return { input, fileName: "the recording", inputSampleRate, sampleRate: RATE };
};

/** One channel of 32-bit floats. */
function wavFile(samples: Float32Array<ArrayBuffer>, sampleRate: number): Uint8Array {
  const header = wavHeader({ encoding: 3, numChannels: 1, sampleRate, sampleBits: 32 }, samples.byteLength);
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}

for (const rate of [16_000, 44_100]) {
  test(`a minute at ${rate} Hz comes in pieces of at most ten seconds, and whole`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "deepspeech-reader-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "minute.wav");
    const samples = whiteNoise(60 * rate, -20);
    const file = wavFile(samples, rate);
    await writeFile(path, file);
    const expected = resample(samples, rate, RATE);
    for (const input of [path, file, samples]) {
      const pieces = await readAll(source(input, rate));
      assert.ok(pieces.length > 5 && pieces.every(({ length }) => length <= 10 * RATE));
      assert.deepEqual(joinArrays(pieces), expected);
    }
  });
}

test("a short file is one piece, and what the decoder makes of it", async () => {
  for (const name of ["speech-16k.flac", "speech.opus", "speech-44k-stereo.flac"]) {
    const pieces = await readAll(source(await bytesOf(name)));
    assert.deepEqual(joinArrays(pieces), await samplesOf(audioFixture(name)));
  }
});

test("a reader that is closed early lets go of its file", async () => {
  const reader = new AudioReader(source(audioFixture("speech-16k.wav")), openSoundFile);
  assert.ok(await reader.next());
  await reader.close();
  assert.equal(await reader.next(), undefined);
});
