/** MP3 files without a count of their frames, of which only the frames themselves tell what is missing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { joinBytes } from "./join-arrays.js";
import { apev2, ascii, id3v1, id3v2 } from "./sound-files.test.support.js";

const fileName = "file";
/** Behind the tag of 20 bytes and the first frame of 216, which counts the others. */
const frames = Uint8Array.from((await bytesOf("speech-16k.mp3")).subarray(236));
const numSamples = (await decodeAudio(frames, { fileName })).channels[0]?.length;

test("an MP3 file that ends within a frame is refused", async () => {
  for (const length of [frames.length - 1, (frames.length >> 1) + 100]) {
    await assert.rejects(decodeAudio(frames.subarray(0, length), { fileName }), {
      code: "bad-audio",
      message: "file: is cut short: its last frame is not whole.",
    });
  }
});

test("an MP3 file with damage in its middle, or without its end, is refused with the place", async () => {
  const middle = frames.length >> 1;
  const damaged = frames.slice();
  damaged.fill(0x55, middle, middle + 1000);
  const message = /^file: is damaged after 0\.5\d s: bytes there belong to no frame\.$/;
  await assert.rejects(decodeAudio(damaged, { fileName }), { code: "bad-audio", message });
  damaged.fill(0x55, middle);
  await assert.rejects(decodeAudio(damaged, { fileName }), { code: "bad-audio", message });
});

test("what stands before, behind and between frames and is no sound is passed over", async () => {
  const something = new Uint8Array(300).fill(0x41);
  const files = [
    joinBytes([id3v2(10), something, frames]),
    joinBytes([frames, ascii("\r\n")]),
    joinBytes([frames, new Uint8Array(3000)]),
    joinBytes([frames, apev2(5000), id3v1()]),
  ];
  for (const bytes of files) {
    assert.equal((await decodeAudio(bytes, { fileName })).channels[0]?.length, numSamples);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 77) }, (_, i) => bytes.slice(77 * i, 77 * i + 77));
    let length = 0;
    for await (const { channels } of decodeChunks(pieces, { fileName, fileBytes: bytes.length })) {
      length += channels[0]?.length ?? 0;
    }
    assert.equal(length, numSamples);
  }
  const twice = joinBytes([frames, id3v1(), id3v2(100), frames]);
  assert.ok(((await decodeAudio(twice, { fileName })).channels[0]?.length ?? 0) > 1.9 * (numSamples ?? 0));
});
