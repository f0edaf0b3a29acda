/** Files of a few kilobytes that hold minutes or hours: they must not be in memory at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { joinArrays, joinBytes } from "./join-arrays.js";
import { ascii, constantFlac, oggFile, silentM4a } from "./sound-files.test.support.js";

/** Samples of a channel that may be decoded at a time. */
const MOST_TOGETHER = 2 ** 21;

const OPUS_HEADER = joinBytes([ascii("OpusHead"), Uint8Array.of(1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)]);
/** Six frames of 20 ms, in two channels, with nothing in them. */
const EMPTY_PACKET = Uint8Array.of((31 << 3) | 4 | 3, 6);
const PACKET_SAMPLES = 5760;

function emptyOpus(numPackets: number): Uint8Array {
  const packets = [OPUS_HEADER, ascii("OpusTags\0\0\0\0\0\0\0\0"), ...new Array(numPackets).fill(EMPTY_PACKET)];
  return oggFile({ packets, position: (index) => (index - 1) * PACKET_SAMPLES, perPage: 255 });
}

const FILES: Readonly<Record<string, { make: () => Promise<Uint8Array>; numSamples: number }>> = {
  FLAC: { make: async () => constantFlac({ blockSize: 65_535, numFrames: 99 }), numSamples: 99 * 65_535 },
  Opus: { make: async () => emptyOpus(1000), numSamples: 1000 * PACKET_SAMPLES },
  M4A: { make: async () => silentM4a(await bytesOf("speech.m4a"), 5000), numSamples: 5000 * 1024 },
};

for (const [name, { make, numSamples }] of Object.entries(FILES)) {
  test(`${name} is decoded a little at a time, however short its packets are`, async () => {
    const bytes = await make();
    const lengths: number[] = [];
    for await (const { channels } of decodeChunks([bytes], { fileName: name, fileBytes: bytes.length })) {
      lengths.push(channels[0]?.length ?? 0);
    }
    const total = lengths.reduce((sum, length) => sum + length, 0);
    // An AAC decoder gives its first frame late.
    assert.ok(Math.abs(total - numSamples) <= 2048, `${total} samples`);
    assert.ok(bytes.length < 40_000 && total > 2 * MOST_TOGETHER);
    assert.ok(Math.max(...lengths) <= MOST_TOGETHER, `${Math.max(...lengths)} samples at once`);
  });
}

test("an M4A file's sound must lie in its order, each piece of it in a place of its own", async () => {
  const file = await bytesOf("speech.m4a");
  const decode = (places: number[]) => decodeAudio(silentM4a(file, 4, places), { fileName: "m" });
  assert.deepEqual(await decode([0, 12]), await decode([0]));
  for (const places of [
    [12, 0],
    [0, 0],
    [0, 11],
    [0, 6, 12, 6],
  ]) {
    await assert.rejects(decode(places), {
      code: "bad-audio",
      message: /^m: has sound that does not lie in the order/,
    });
  }
});

test("an M4A file sounds the same with its index before the sound and behind it", async () => {
  const file = Buffer.from(await bytesOf("speech.m4a"));
  const [sound, movie] = [file.indexOf("mdat") - 4, file.indexOf("moov") - 4];
  const [start, index] = [file.subarray(0, sound), Buffer.from(file.subarray(movie))];
  const places = index.indexOf("stco") + 12;
  assert.equal(index.readUInt32BE(places - 4), 1);
  index.writeUInt32BE(index.readUInt32BE(places) + index.length, places);
  const indexFirst = Buffer.concat([start, index, file.subarray(sound, movie)]);
  const { channels } = await decodeAudio(file, { fileName: "m" });
  assert.deepEqual((await decodeAudio(indexFirst, { fileName: "m" })).channels, channels);

  const memory = new Uint8Array(4096);
  function* pieces() {
    for (let at = 0; at < indexFirst.length; at += 100) {
      const numBytes = indexFirst.copy(memory, 0, at, at + 100);
      yield memory.subarray(0, numBytes);
      // It is the caller's again.
      memory.fill(0xaa);
    }
  }
  const parts: Float32Array[] = [];
  for await (const part of decodeChunks(pieces(), { fileName: "m", fileBytes: indexFirst.length })) {
    parts.push(part.channels[0] as Float32Array);
  }
  assert.deepEqual(joinArrays(parts), channels[0]);
});

test("an M4A file without an index is refused", async () => {
  const file = Buffer.from(await bytesOf("speech.m4a"));
  await assert.rejects(decodeAudio(file.subarray(0, file.indexOf("moov") - 4), { fileName: "m" }), {
    code: "bad-audio",
    message: "m: is damaged or cut short: it has no index.",
  });
});
