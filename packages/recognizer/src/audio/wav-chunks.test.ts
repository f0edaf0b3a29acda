import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { headerDurationSeconds, inMemory } from "./header-duration.js";
import { joinBytes } from "./join-arrays.js";
import { ascii, chunk, id3v1, riff, uint32, wavParts } from "./sound-files.test.support.js";
import { WavChunks, wavLayout } from "./wav-chunks.js";

const fileName = "file.wav";
const plain = await bytesOf("speech-16k.wav");
const { format, sound } = wavParts(plain);
const expected = (await decodeAudio(plain, { fileName })).channels;
const SECONDS = 1.064;

/** A file that ends with its sound, which says that it is `length` bytes long. */
function ofLength(length: number): Uint8Array {
  return joinBytes([ascii("RIFF"), uint32(length), ascii("WAVE"), format, ascii("data"), uint32(length), sound]);
}

function uint64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function rf64(name: string, length: number | bigint): Uint8Array {
  const ds64 = chunk("ds64", joinBytes([uint64(0), uint64(length), uint64(0), uint32(0)]));
  const start = joinBytes([ascii(name), uint32(0xffffffff), ascii("WAVE"), ds64, format]);
  return joinBytes([start, ascii("data"), uint32(0xffffffff), sound]);
}

function rifx(): Uint8Array {
  const swapped = (bytes: Uint8Array, ...sizes: number[]) => {
    const ends = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, size) => sum + size, 0));
    return joinBytes(ends.map((end, index) => bytes.slice(end - (sizes[index] as number), end).reverse()));
  };
  const fields = swapped(format.slice(8), 2, 2, 4, 4, 2, 2);
  const start = joinBytes([
    ascii("RIFX"),
    uint32(36 + sound.length, false),
    ascii("WAVEfmt "),
    uint32(16, false),
    fields,
  ]);
  const samples = sound.map((_, i) => sound[i ^ 1] as number);
  return joinBytes([start, ascii("data"), uint32(sound.length, false), samples]);
}

function wave64(): Uint8Array {
  const guid = (name: string, tail: number[]) => joinBytes([ascii(name), Uint8Array.from(tail)]);
  const riffTail = [0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0x00, 0x00];
  const tail = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a];
  const part = (name: string, content: Uint8Array) =>
    joinBytes([guid(name, tail), uint64(24 + content.length), content, new Uint8Array((8 - (content.length % 8)) % 8)]);
  const content = joinBytes([part("fmt ", format.slice(8)), part("junk", new Uint8Array(3)), part("data", sound)]);
  return joinBytes([guid("riff", riffTail), uint64(40 + content.length), guid("wave", tail), content]);
}

const list = (numBytes: number) => chunk("LIST", joinBytes([ascii("INFO"), new Uint8Array(numBytes - 4)]));
const half = sound.length / 2;

const WHOLE: Record<string, Uint8Array> = {
  ...Object.fromEntries(
    [0, 0x7ffff000, 0x7fffffdb, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffdb, 0xffffffff].map((length) => [
      `a length of 0x${length.toString(16)}, as to a pipe`,
      ofLength(length),
    ]),
  ),
  RF64: rf64("RF64", sound.length),
  BW64: rf64("BW64", sound.length),
  "RF64 of unknown length": rf64("RF64", 0),
  "RF64 to a pipe": rf64("RF64", 0xffffffffffffffffn),
  RIFX: rifx(),
  Wave64: wave64(),
  "a chunk of 2 MB before the sound": riff(format, list(2_000_000), chunk("data", sound)),
  "chunks before the format": riff(
    chunk("bext", new Uint8Array(100_001)),
    format,
    chunk("JUNK", new Uint8Array(3)),
    chunk("data", sound),
  ),
  "an odd chunk without padding": riff(format, list(4001).slice(0, -1), chunk("data", sound)),
  "a chunk behind": riff(format, chunk("data", sound), list(51)),
  "sound in two chunks": riff(format, chunk("data", sound.slice(0, half)), list(20), chunk("data", sound.slice(half))),
};

for (const [what, bytes] of Object.entries(WHOLE)) {
  test(`${what}: read whole, and as long`, async () => {
    assert.deepEqual((await decodeAudio(bytes, { fileName })).channels, expected);
    assert.ok(Math.abs(((await headerDurationSeconds(inMemory(bytes))) ?? 0) - SECONDS) < 1e-9);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 97) }, (_, i) => bytes.subarray(97 * i, 97 * i + 97));
    let numSamples = 0;
    for await (const { channels } of decodeChunks(pieces, { fileName, fileBytes: bytes.length })) {
      numSamples += channels[0]?.length ?? 0;
    }
    assert.equal(numSamples, expected[0]?.length);
  });
}

const JOINED: Record<string, Uint8Array> = {
  "two files, one behind another": joinBytes([plain, plain]),
  "two files with a tag between": joinBytes([plain, id3v1(), plain]),
};
for (const [what, bytes] of Object.entries(JOINED)) {
  test(`${what}: both are read`, async () => {
    const [channel] = (await decodeAudio(bytes, { fileName })).channels;
    assert.deepEqual(channel?.slice(17_024), expected[0]);
    assert.ok(Math.abs(((await headerDurationSeconds(inMemory(bytes))) ?? 0) - 2 * SECONDS) < 1e-9);
  });
}

const stereo = format.slice();
stereo[10] = 2;
stereo[20] = 4;
const REFUSED: [what: string, bytes: Uint8Array, message: RegExp][] = [
  [
    "a length that is too small",
    ofLength(8000),
    /^file\.wav: states 8000 bytes of sound, and 26048 follow that are none by its header; rewrite it/,
  ],
  ["an end that is missing", ofLength(sound.length).slice(0, -1000), /^file\.wav: is cut short: 33048 of 34048 bytes/],
  ["a length of 3 GiB in a short file", ofLength(3 * 2 ** 30), /^file\.wav: is cut short: 34048 of 3221225472 bytes/],
  ["an RF64 file that is cut", rf64("RF64", 1_000_000), /^file\.wav: is cut short: 34048 of 1000000 bytes/],
  ["sound before its format", riff(chunk("data", sound), format), /sound comes before its WAV format chunk\.$/],
  ["no sound but an empty chunk", riff(format, chunk("data", new Uint8Array()), list(50)), /holds no sound\.$/],
  [
    "two files of different formats",
    joinBytes([plain, riff(stereo, chunk("data", sound))]),
    /holds sound of several formats/,
  ],
  [
    "a file behind another that ends within a sample",
    joinBytes([riff(format, chunk("data", sound.slice(1))), plain]),
    /has more sound behind some that ends within a sample; convert it first/,
  ],
  [
    "a list of pieces of sound",
    riff(format, chunk("LIST", joinBytes([ascii("wavl"), sound]))),
    /keeps its sound in a list of pieces; convert it first/,
  ],
];
for (const [what, bytes, message] of REFUSED) {
  test(`${what}: refused in one line`, async () => {
    await assert.rejects(decodeAudio(bytes, { fileName }), { code: "bad-audio", message });
  });
}

test("a length that wrapped round at 4 GiB is the true one less 4 GiB", () => {
  const layout = wavLayout(plain);
  assert.ok(layout);
  // 5 GiB of sound, and a chunk behind it: the file itself is not needed, only its length.
  const soundBytes = 5 * 2 ** 30;
  const start = joinBytes([ascii("RIFF"), uint32(0), ascii("WAVE"), format, ascii("data"), uint32(2 ** 30)]);
  const end = list(50);
  const chunks = new WavChunks(layout, start.length + soundBytes + end.length);
  chunks.push(joinBytes([start, new Uint8Array(100)]));
  assert.equal(chunks.skippable, soundBytes - 100);
  chunks.skip(soundBytes - 100);
  chunks.push(end);
  chunks.end();
  assert.equal(chunks.numSamples, soundBytes / 2);
});

test("a live WAV stream is read to its end, and an end that is missing is told", async () => {
  const read = async (bytes: Uint8Array) => {
    let numSamples = 0;
    for await (const { channels } of decodeChunks([bytes], { fileName, fileBytes: Number.POSITIVE_INFINITY })) {
      numSamples += channels[0]?.length ?? 0;
    }
    return numSamples;
  };
  assert.equal(await read(plain), 17_024);
  assert.equal(await read(ofLength(0x7ffff000)), 17_024);
  assert.equal(await read(joinBytes([plain, list(50)])), 17_024);
  await assert.rejects(read(plain.slice(0, 20_000)), { message: /^file\.wav: is cut short: 19956 of 34048 bytes/ });
});
