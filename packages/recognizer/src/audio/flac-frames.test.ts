import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { FlacFrames } from "./flac-frames.js";
import { joinArrays } from "./join-arrays.js";
import { type ConstantFlac, constantFlac, crc } from "./sound-files.test.support.js";

const FILES = ["speech-16k.flac", "speech-44k-stereo.flac", "short-ff-end.flac", "short-silent-end.flac"];

function piecesOf(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / pieceBytes);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes));
}

function framesOf(pieces: readonly Uint8Array[]): Buffer[] {
  const splitter = new FlacFrames();
  const frames = pieces.flatMap((piece) => splitter.push(piece).map((frame) => Buffer.from(frame)));
  return [...frames, ...splitter.end().map((frame) => Buffer.from(frame))];
}

/** The samples as the encoder had them, channel beside channel. */
function pcm16(channels: readonly Float32Array[]): Buffer {
  const [first = new Float32Array()] = channels;
  const bytes = Buffer.alloc(2 * first.length * channels.length);
  for (const [channel, samples] of channels.entries()) {
    for (const [i, sample] of samples.entries()) {
      bytes.writeInt16LE(Math.round(sample * 32_767), 2 * (i * channels.length + channel));
    }
  }
  return bytes;
}

for (const name of FILES) {
  test(`${name} decodes to what was encoded, whole and in pieces`, async () => {
    const bytes = Buffer.from(await bytesOf(name));
    // The header ends with the MD5 of the samples.
    const expected = bytes.toString("hex", 26, 42);
    const md5 = (channels: Float32Array[]) => createHash("md5").update(pcm16(channels)).digest("hex");
    assert.equal(md5((await decodeAudio(bytes, { fileName: name })).channels), expected);

    const parts: Float32Array<ArrayBuffer>[][] = [];
    const options = { fileName: name, fileBytes: bytes.length };
    for await (const { channels } of decodeChunks(piecesOf(bytes, 701), options)) parts.push(channels);
    const joined = (parts[0] ?? []).map((_, i) => joinArrays(parts.flatMap((channels) => channels[i] ?? [])));
    assert.equal(md5(joined), expected);
  });

  test(`${name} has the same frames wherever it is cut`, async () => {
    const bytes = Buffer.from(await bytesOf(name));
    const whole = framesOf([bytes]);
    const all = Buffer.concat(whole);
    assert.deepEqual(all, bytes.subarray(bytes.length - all.length));
    for (const pieceBytes of [1, 7, 500]) assert.deepEqual(framesOf(piecesOf(bytes, pieceBytes)), whole);
  });
}

test("frames are numbered one after another, the short one of silence too", async () => {
  const numbers = (name: string) => bytesOf(name).then((bytes) => framesOf([bytes]).map((frame) => frame[4]));
  assert.deepEqual(await numbers("short-ff-end.flac"), [0, 1, 2, 3]);
  assert.deepEqual(await numbers("short-silent-end.flac"), [0, 1]);
});

/** CRC-16 of RFC 9639. */
function checksum(bytes: Uint8Array): Buffer {
  const sum = crc(bytes, 16, 0x8005);
  return Buffer.from([sum >> 8, sum & 0xff]);
}

test("a frame that contains another's header, or its own checksum, is not cut there", async () => {
  const bytes = Buffer.from(await bytesOf("short-silent-end.flac"));
  const [first, last] = framesOf([bytes]) as [Buffer, Buffer];
  const metadata = bytes.subarray(0, bytes.length - first.length - last.length);
  const soFar = Buffer.concat([first.subarray(0, 100), last]);
  const ended = Buffer.concat([soFar, checksum(soFar), Buffer.from("sound")]);
  const frame = Buffer.concat([ended, checksum(ended)]);
  assert.deepEqual(framesOf([metadata, frame, first, last]), [frame, first, last]);
});

test("a file that ends within a frame is refused, also where its header tells no length", async () => {
  const bytes = Buffer.from(await bytesOf("short-ff-end.flac"));
  bytes[21] = (bytes[21] ?? 0) & 0xf0;
  bytes.fill(0, 22, 26);
  const { channels } = await decodeAudio(bytes, { fileName: "endless" });
  assert.equal(channels[0]?.length, 4002);
  await assert.rejects(decodeAudio(bytes.subarray(0, -1), { fileName: "cut" }), {
    code: "bad-audio",
    message: "cut: is damaged or cut short: the checksum of frame 4 does not match.",
  });
  await assert.rejects(decodeAudio(bytes.subarray(0, 60), { fileName: "cut" }), {
    message: "cut: is cut short inside the FLAC header.",
  });
});

test("sound that is no frame, or a frame without an end, is refused before the file has ended", async () => {
  const bytes = Buffer.from(await bytesOf("short-ff-end.flac"));
  const first = bytes.length - Buffer.concat(framesOf([bytes])).length;
  const noSound = Buffer.concat([bytes.subarray(0, first), Buffer.alloc(50)]);
  assert.throws(() => new FlacFrames().push(noSound), { message: "is damaged: no sound follows the FLAC header." });
  const endless = Buffer.concat([bytes.subarray(0, first + 50), Buffer.alloc(5e6, "noise")]);
  assert.throws(() => new FlacFrames().push(endless), {
    message: "is damaged: the checksum of frame 1 does not match.",
  });
});

test("a frame that cannot be decoded is named by its place in its own file, also after other files", async () => {
  const bytes = Buffer.from(await bytesOf("short-ff-end.flac"));
  const [first, second, ...rest] = framesOf([bytes]) as [Buffer, Buffer, ...Buffer[]];
  const metadata = bytes.subarray(0, bytes.length - Buffer.concat([first, second, ...rest]).length);
  const reserved = Buffer.from(second.subarray(0, -2));
  reserved[6] = 0x04; // a kind of prediction that does not exist
  const damaged = Buffer.concat([metadata, first, reserved, checksum(reserved), ...rest]);
  await decodeAudio(bytes, { fileName: "sound" });
  await assert.rejects(decodeAudio(damaged, { fileName: "damaged" }), {
    code: "bad-audio",
    message: /^damaged: is damaged: frame 2: /,
  });
  assert.equal((await decodeAudio(bytes, { fileName: "sound" })).channels[0]?.length, 4002);
});

test("files of any block size decode after each other, by the decoders that others have left", async () => {
  const sampleIn = (frame: number) => 1000 * (frame + 1);
  const values = async (file: ConstantFlac) => {
    const { channels } = await decodeAudio(constantFlac({ sampleIn, ...file }), { fileName: "constant.flac" });
    const starts = Array.from({ length: file.numFrames }, (_, frame) => channels[0]?.[frame * file.blockSize] ?? 0);
    return [channels[0]?.length, ...starts.map((sample) => Math.round(sample * 32_767))];
  };
  for (const blockSize of [4608, 4096, 4608, 1152, 16, 255, 256, 65_535, 576]) {
    assert.deepEqual(await values({ blockSize, numFrames: 3 }), [3 * blockSize, 1000, 2000, 3000], `${blockSize}`);
  }
  // As a broadcast that was tuned in to.
  for (const firstNumber of [0, 7, 0]) {
    assert.deepEqual(await values({ blockSize: 4096, numFrames: 2, firstNumber }), [8192, 1000, 2000]);
  }
});

test("a frame that is missing is told, whatever was decoded before", async () => {
  const whole = constantFlac({ blockSize: 4096, numFrames: 5 });
  const frames = framesOf([whole]);
  const gap = Buffer.concat([whole.subarray(0, 42), ...frames.filter((_, index) => index !== 2)]);
  for (const before of [16, 4096, 4608]) {
    await decodeAudio(constantFlac({ blockSize: before, numFrames: 2 }), { fileName: "before" });
    await assert.rejects(decodeAudio(gap, { fileName: "gap" }), {
      message: /^gap: is damaged: frame 3: .*MISSING_FRAME/,
    });
  }
});
