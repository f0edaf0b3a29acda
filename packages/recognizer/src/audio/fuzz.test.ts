/** A few hundred damaged files, the same at every run; bench/fuzz has them by the thousand, each under watch. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { audioFixture, bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { mutatedFile } from "./mutate.test.support.js";
import { decodeWaveform } from "./waveform.js";

const SEED = 7;
const NUM_FILES = 420;
const fileName = "file";

const seeds = readdirSync(audioFixture("."))
  .filter((name) => /\.(wav|flac|mp3|ogg|opus|m4a|webm)$/.test(name))
  .sort()
  .map((name) => ({ name, bytes: new Uint8Array(readFileSync(audioFixture(name))) }));

async function decodeInPieces(bytes: Uint8Array, size: number): Promise<number> {
  const starts = [0];
  for (let at = 4096; at < bytes.length; at += size) starts.push(at);
  const pieces = starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
  let numSamples = 0;
  for await (const { channels } of decodeChunks(pieces, { fileName, fileBytes: bytes.length })) {
    numSamples += channels[0]?.length ?? 0;
  }
  return numSamples;
}

const WAYS: ((bytes: Uint8Array) => Promise<number>)[] = [
  async (bytes) => (await decodeAudio(bytes, { fileName })).channels[0]?.length ?? 0,
  async (bytes) => (await decodeWaveform(bytes, { fileName })).samples.length,
  (bytes) => decodeInPieces(bytes, 3000),
];

test(`${NUM_FILES} damaged files give sound or an error of one line`, async () => {
  let numRefused = 0;
  for (let index = 0; index < NUM_FILES; index++) {
    const { bytes, description } = mutatedFile(seeds, SEED, index);
    const way = WAYS[index % WAYS.length] as (typeof WAYS)[number];
    try {
      assert.ok((await way(bytes)) > 0);
    } catch (error) {
      const { name, message } = error as Error;
      assert.equal(name, "RecognizerError", `seed ${SEED}, file ${index} (${description}): ${message}`);
      assert.match(message, /^file: [^\n]+$/);
      numRefused += 1;
    }
  }
  // Neither all nor none: the changes do damage, and some get as far as the decoders.
  assert.ok(numRefused > NUM_FILES / 2 && numRefused < NUM_FILES, `${numRefused} refused`);
});

test("the same seed gives the same files, and another seed others", () => {
  assert.deepEqual(mutatedFile(seeds, SEED, 3), mutatedFile(seeds, SEED, 3));
  assert.notDeepEqual(mutatedFile(seeds, SEED, 3).bytes, mutatedFile(seeds, SEED + 1, 3).bytes);
});

/** The file with a number of 32 bits, big-endian, written so many bytes after a box's name. */
function withNumber(file: Uint8Array, box: string, after: number, value: number): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(file);
  const at = Buffer.from(bytes).indexOf(box);
  assert.ok(at > 0, `no box ${box}`);
  new DataView(bytes.buffer).setUint32(at + after, value);
  return bytes;
}

for (const [box, after] of [
  ["stco", 8],
  ["stsc", 8],
  ["stts", 8],
  ["elst", 8],
  ["stsz", 12],
] as const) {
  test(`an M4A table ${box} of four thousand million entries is refused before room is made for them`, async () => {
    const bytes = withNumber(await bytesOf("speech.m4a"), box, after, 0xf0000000);
    const message = new RegExp(`^file: is damaged: its table ${box} states 4026531840 entries in \\d+ bytes\\.$`);
    await assert.rejects(decodeAudio(bytes, { fileName }), { code: "bad-audio", message });
    await assert.rejects(decodeInPieces(bytes, 500), { code: "bad-audio", message });
  });
}

test("an M4A file whose pieces of one size are too many is refused", async () => {
  const sized = withNumber(await bytesOf("speech.m4a"), "stsz", 8, 1);
  await assert.rejects(decodeAudio(withNumber(sized, "stsz", 12, 0xffffffff), { fileName }), {
    message: "file: states 4294967295 pieces of sound, more than can be read; convert it first.",
  });
  await assert.rejects(decodeAudio(withNumber(sized, "stsz", 12, 29_000_000), { fileName }), {
    message: "file: is damaged or cut short: it states 29000000 bytes of sound.",
  });
});

test("an M4A file is refused when its end is missing", async () => {
  const bytes = await bytesOf("speech.m4a");
  for (const part of [0.2, 0.6, 0.99]) {
    await assert.rejects(decodeAudio(bytes.subarray(0, Math.floor(bytes.length * part)), { fileName }), {
      message: "file: is damaged or cut short: a box is longer than what is left.",
    });
  }
});

/** The 16-bit fixture, with other numbers in its format chunk. */
async function wavWith(changes: { channels?: number; sampleRate?: number; blockBytes?: number; bits?: number }) {
  const bytes = Uint8Array.from(await bytesOf("speech-16k.wav"));
  const view = new DataView(bytes.buffer);
  if (changes.channels !== undefined) view.setUint16(22, changes.channels, true);
  if (changes.sampleRate !== undefined) view.setUint32(24, changes.sampleRate, true);
  if (changes.blockBytes !== undefined) view.setUint16(32, changes.blockBytes, true);
  if (changes.bits !== undefined) view.setUint16(34, changes.bits, true);
  return bytes;
}

test("a WAV file of more channels than its blocks have room for is refused", async () => {
  const bytes = await wavWith({ channels: 65_535, blockBytes: 1, bits: 8 });
  await assert.rejects(decodeAudio(bytes, { fileName }), {
    message: "file: is damaged: its WAV format chunk states 1 bytes for a sample of each of 65535 channels.",
  });
});

for (const sampleRate of [1, 999, 400_000, 0xffffffff]) {
  test(`a sample rate of ${sampleRate} is refused`, async () => {
    await assert.rejects(decodeWaveform(await wavWith({ sampleRate }), { fileName }), {
      message: `file: has ${sampleRate} samples a second, expected 1000 to 384000.`,
    });
  });
}

test("a WAV file with a chunk of odd length, or in the extensible form, sounds as it does without", async () => {
  const bytes = await bytesOf("speech-16k.wav");
  const expected = await decodeAudio(bytes, { fileName });
  const odd = [0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0]; // "LIST", three bytes, and one to make them even
  const withTags = Uint8Array.from([...bytes.subarray(0, 12), ...odd, ...bytes.subarray(12)]);
  assert.deepEqual(await decodeAudio(withTags, { fileName }), expected);
  const size = [0x28, 0, 0, 0, 0xfe, 0xff];
  const extension = [22, 0, 16, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  const data = Buffer.from(bytes).indexOf("data");
  const extensible = [bytes.subarray(0, 16), size, bytes.subarray(22, 36), extension, bytes.subarray(data)];
  assert.deepEqual(await decodeAudio(Uint8Array.from(extensible.flatMap((part) => [...part])), { fileName }), expected);
});

test("two MP3 files of different sample rates in one are refused", async () => {
  const frames = (sampleRateBits: number) => {
    // MPEG-1 layer III, 128 kbit/s, mono, with nothing in it: silence.
    const numBytes = Math.floor((144 * 128_000) / (sampleRateBits === 0 ? 44_100 : 48_000));
    const frame = new Uint8Array(numBytes);
    frame.set([0xff, 0xfb, 0x90 | (sampleRateBits << 2), 0xc0]);
    return Array.from({ length: 20 }, () => [...frame]).flat();
  };
  const bytes = Uint8Array.from([...frames(0), ...frames(1)]);
  const pieces = [
    bytes.subarray(0, 417 * 15),
    bytes.subarray(417 * 15, 417 * 15 + 5000),
    bytes.subarray(417 * 15 + 5000),
  ];
  const read = async () => {
    for await (const { sampleRate } of decodeChunks(pieces, { fileName, fileBytes: bytes.length })) {
      assert.ok(sampleRate > 0);
    }
  };
  await assert.rejects(read(), { message: /^file: changes from 44100 to 48000 samples a second; convert it first\.$/ });
});
