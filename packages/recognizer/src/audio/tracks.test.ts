/** M4A and WebM files of several tracks, several files in one, and without their end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio } from "./decode.js";
import { readElement } from "./ebml.js";
import { joinBytes } from "./join-arrays.js";
import { delaySeconds } from "./m4a-edits.js";
import { id3v1, id3v2, uint32 } from "./sound-files.test.support.js";

const fileName = "file";

for (const [name, output] of [
  ["two-tracks.m4a", "OUT.m4a"],
  ["two-tracks.mka", "OUT.mka"],
] as const) {
  test(`${name}, whose first track is silent, is refused with the way out`, async () => {
    await assert.rejects(decodeAudio(await bytesOf(name), { fileName }), {
      code: "bad-audio",
      message: `file: holds 2 tracks of sound; keep one, as with ffmpeg -i IN -map 0:a:0 ${output}.`,
    });
  });
}

test("two M4A files, one behind another, are refused with the way out", async () => {
  const bytes = await bytesOf("speech.m4a");
  for (const between of [[], [id3v1()], [id3v1(), id3v2(500)]]) {
    await assert.rejects(decodeAudio(joinBytes([bytes, ...between, bytes]), { fileName }), {
      code: "bad-audio",
      message: /^file: holds several MP4 files, one behind another; make them one, as with ffmpeg/,
    });
  }
});

test("two WebM files, one behind another, are both read", async () => {
  const bytes = await bytesOf("speech.webm");
  const [once] = (await decodeAudio(bytes, { fileName })).channels;
  const [twice] = (await decodeAudio(joinBytes([bytes, bytes]), { fileName })).channels;
  assert.deepEqual(twice?.slice(0, once?.length), once);
  // The second begins with what the first's decoder has to skip: 312 samples at 48 kHz.
  assert.equal(twice?.length, 2 * (once?.length ?? 0) + 312);
});

test("two FLAC files, one behind another, are refused with the way out", async () => {
  const bytes = await bytesOf("speech-16k.flac");
  await assert.rejects(decodeAudio(joinBytes([bytes, bytes]), { fileName }), {
    code: "bad-audio",
    message: "file: holds several FLAC files, one behind another; make them one, as with sox A.flac B.flac OUT.flac.",
  });
});

test("a FLAC file that states fewer samples than it has is refused: its length is one of the two", async () => {
  const bytes = Uint8Array.from(await bytesOf("speech-16k.flac"));
  new DataView(bytes.buffer).setUint32(22, 8000);
  await assert.rejects(decodeAudio(bytes, { fileName }), {
    message: "file: states 8000 samples in its header and has 17024; rewrite it, as with ffmpeg -i IN.flac OUT.flac.",
  });
});

test("a FLAC file whose header states another rate than its sound has is refused", async () => {
  const bytes = Uint8Array.from(await bytesOf("speech-16k.flac"));
  const view = new DataView(bytes.buffer);
  view.setUint32(18, (view.getUint32(18) & 0xfff) | (22_050 << 12));
  await assert.rejects(decodeAudio(bytes, { fileName }), {
    message: "file: is damaged: its header states 22050 samples a second, and its sound has 16000.",
  });
});

test("a WebM file is refused when its end is missing", async () => {
  const bytes = await bytesOf("speech.webm");
  for (const part of [0.3, 0.6, 0.9, 0.999]) {
    await assert.rejects(decodeAudio(bytes.subarray(0, Math.floor(bytes.length * part)), { fileName }), {
      code: "bad-audio",
      message: "file: is damaged or cut short: an element is longer than what is left.",
    });
  }
});

test("a live WebM stream, whose outer elements are left open, is read to its end", async () => {
  const bytes = Uint8Array.from(await bytesOf("speech.webm"));
  const segment = Buffer.from(bytes).indexOf(Uint8Array.from([0x18, 0x53, 0x80, 0x67]));
  const open = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  assert.equal(bytes[segment + 4], 0x01);
  bytes.set(open, segment + 4);
  assert.deepEqual(
    await decodeAudio(bytes, { fileName }),
    await decodeAudio(await bytesOf("speech.webm"), { fileName }),
  );
});

/** The M4A file with other edits, in milliseconds and samples at 16 kHz: a time of -1 is silence. */
async function withEdits(...edits: readonly (readonly [milliseconds: number, mediaTime: number])[]): Promise<Buffer> {
  const file = Buffer.from(await bytesOf("speech.m4a"));
  const start = file.indexOf("elst") - 4;
  const end = start + file.readUInt32BE(start);
  const entries = edits.flatMap((edit) => [...edit, 0x10000]);
  const numbers = [16 + 4 * entries.length, 0x656c7374, 0, edits.length, ...entries];
  const list = Buffer.concat(numbers.map((number) => uint32(number, false)));
  const changed = Buffer.concat([file.subarray(0, start), list, file.subarray(end)]);
  for (const name of ["moov", "trak", "edts"]) {
    const at = changed.indexOf(name) - 4;
    changed.writeUInt32BE(changed.readUInt32BE(at) + list.length - (end - start), at);
  }
  return changed;
}

test("an M4A file from which a passage was deleted is refused with the way out", async () => {
  const parts = await withEdits([300, 1024], [300, 13_248]);
  await assert.rejects(decodeAudio(parts, { fileName }), {
    code: "bad-audio",
    message:
      "file: plays 2 parts of its sound, by an edit list; write out what is played, as with ffmpeg -i IN OUT.flac.",
  });
});

test("a track that begins later than the film has silence before it", async () => {
  const whole = (await decodeAudio(await withEdits([1064, 1024]), { fileName })).channels[0] as Float32Array;
  const late = (await decodeAudio(await withEdits([5000, -1], [1064, 1024]), { fileName })).channels[0] as Float32Array;
  assert.deepEqual(late, Float32Array.from([...new Float32Array(80_000), ...whole]));
  await assert.rejects(decodeAudio(await withEdits([2 ** 31, -1], [1064, 1024]), { fileName }), {
    message: /^file: has 2147484 s of silence before its sound, by an edit list; .+ ffmpeg -i IN OUT\.flac\.$/,
  });
});

test("where the decoder knows no edits, a file of which a part is not played is refused", () => {
  const times = (...numbers: number[]) =>
    new DataView(joinBytes(numbers.map((number) => uint32(number, false))).buffer);
  const movie = times(0, 0, 0, 1000, 10_000);
  const track = (duration: number, mediaTime: number) => ({
    isSound: true,
    codec: "sowt",
    media: times(0, 0, 0, 16_000, 160_000),
    edits: times(0, 1, duration, mediaTime, 0x10000),
  });
  assert.equal(delaySeconds(track(9900, 1000), movie), 0);
  assert.equal(delaySeconds({ ...track(5000, 0), codec: "mp4a" }, movie), 0);
  for (const [duration, mediaTime] of [
    [5000, 0],
    [5000, 80_000],
  ] as const) {
    assert.throws(() => delaySeconds(track(duration, mediaTime), movie), {
      name: "DamagedAudioError",
      message: /^plays only a part of its sound, by an edit list; .+ ffmpeg -i IN OUT\.flac\.$/,
    });
  }
});

/** Where the blocks of the WebM file begin, past their headers. */
function blocksOf(file: Buffer): number[] {
  const cluster = file.indexOf(Uint8Array.of(0x1f, 0x43, 0xb6, 0x75));
  const blocks: number[] = [];
  // A cluster's header has 6 bytes in this file, and its time 3.
  for (let at = cluster + 9; file[at] === 0xa3; ) {
    const element = readElement(file, at);
    assert.ok(element);
    blocks.push(at + element.headerBytes);
    at += element.headerBytes + element.length;
  }
  return blocks;
}

test("where a WebM file leaves a hole in its times, there is silence", async () => {
  const file = Buffer.from(await bytesOf("speech.webm"));
  const whole = (await decodeAudio(file, { fileName })).channels[0] as Float32Array;
  const blocks = blocksOf(file);
  const middle = blocks.length >> 1;
  const start = file.readInt16BE((blocks[middle] as number) + 1);
  const later = (milliseconds: number) => {
    const changed = Buffer.from(file);
    for (const at of blocks.slice(middle)) changed.writeInt16BE(file.readInt16BE(at + 1) + milliseconds, at + 1);
    return decodeAudio(changed, { fileName });
  };
  // Clocks are not exact.
  assert.deepEqual((await later(100)).channels[0], whole);
  const [late] = (await later(2000)).channels as [Float32Array];
  // The first block has 312 samples less than its time says.
  assert.ok(Math.abs(late.length - whole.length - 96_000) <= 400, `${late.length - whole.length} samples`);
  const hole = late.subarray(48 * start, 48 * (start + 1990));
  assert.ok(hole.every((sample) => sample === 0));
  assert.deepEqual(late.subarray(-10_000), whole.subarray(-10_000));
});

test("a WebM file whose sound is compressed once more or encrypted is refused with the way out", async () => {
  const file = Buffer.from(await bytesOf("speech.webm"));
  // The name of one element of the track.
  file.writeUInt16BE(0x6d80, file.indexOf(Uint8Array.of(0x56, 0xbb)));
  await assert.rejects(decodeAudio(file, { fileName }), {
    code: "bad-audio",
    message:
      "file: has sound (A_OPUS) that is compressed once more or encrypted; convert it first, as with ffmpeg -i IN OUT.flac.",
  });
});

test("a codec of which nothing can be read is named", async () => {
  const file = Buffer.from(await bytesOf("speech.webm"));
  file.write("A_AC3\0", file.indexOf("A_OPUS"));
  await assert.rejects(decodeAudio(file, { fileName }), {
    code: "bad-audio",
    message: "file: has sound (A_AC3) of which nothing can be read; convert it first, as with ffmpeg -i IN OUT.flac.",
  });
});
