import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio } from "./decode.js";
import { headerDurationSeconds, inMemory } from "./header-duration.js";
import { joinArrays, joinBytes } from "./join-arrays.js";
import { CHECKSUM_OFFSET, pageChecksum } from "./ogg.js";
import { opusPacketSamples } from "./opus.js";
import { ascii, id3v1, oggFile, oggPackets, oggPage, withPositions } from "./sound-files.test.support.js";

const fileName = "file.ogg";
const opus = await bytesOf("speech.opus");
const vorbis = await bytesOf("speech-vorbis.ogg");
const packets = oggPackets(opus);
/** What a packet's page has as its position where nothing is wrong. */
const counted = (index: number) =>
  packets.slice(2, index + 1).reduce((sum, packet) => sum + opusPacketSamples(packet), 0);
/** The samples after the last packet's end that are no sound, and the pre-skip, both at 48 kHz. */
const PRE_SKIP = 312;
const LAST = packets.length - 1;
const TRUE_END = 1.064 * 48_000 + PRE_SKIP;
const right = (index: number) => (index === LAST ? TRUE_END : counted(index));

async function soundOf(bytes: Uint8Array): Promise<Float32Array> {
  const { channels } = await decodeAudio(bytes, { fileName, targetSampleRate: 16_000 });
  return channels[0] as Float32Array;
}

async function secondsOf(bytes: Uint8Array): Promise<number> {
  return (await headerDurationSeconds(inMemory(bytes))) as number;
}

const TRIMMED: Record<string, (index: number) => number> = {
  "as they should be": right,
  "from a million on": (index) => 1_000_000 + right(index),
  "that leap over two seconds": (index) => right(index) + (index > 20 ? 96_000 : 0),
  "that begin again": (index) => right(index) - (index > 20 ? counted(16) : 0),
};
for (const [what, position] of Object.entries(TRIMMED)) {
  test(`Opus with positions ${what} is whole, and trimmed at its end`, async () => {
    const bytes = oggFile({ packets, position });
    const expected = await soundOf(opus);
    assert.equal(expected.length, 17_024);
    assert.deepEqual(await soundOf(bytes), expected);
    assert.ok(Math.abs((await secondsOf(bytes)) - 1.064) < 1e-9);
  });
}

const UNTRIMMED: Record<string, (index: number) => number> = {
  "of a third": (index) => Math.floor(right(index) / 3),
  "that are all zero": () => 0,
  "that run backwards": (index) => 1_000_000 - right(index),
  "that are not there": () => -1,
};
for (const [what, position] of Object.entries(UNTRIMMED)) {
  test(`Opus with positions ${what} is whole, with what fills its last packet`, async () => {
    const bytes = oggFile({ packets, position });
    const samples = await soundOf(bytes);
    assert.equal(samples.length, (counted(LAST) - PRE_SKIP) / 3);
    assert.deepEqual(samples.slice(0, 17_024), await soundOf(opus));
    assert.ok(Math.abs((await secondsOf(bytes)) - samples.length / 16_000) < 1e-9);
  });
}

for (const [what, change] of [
  ["a third", (position: number) => Math.floor(position / 3)],
  ["from a million on", (position: number) => position + 1_000_000],
] as const) {
  test(`Vorbis with positions ${what} loses nothing`, async () => {
    const { channels } = await decodeAudio(withPositions(vorbis, change), { fileName });
    const [expected] = (await decodeAudio(vorbis, { fileName })).channels;
    assert.deepEqual(channels[0]?.slice(0, expected?.length), expected);
  });
}

test("FLAC in Ogg does not ask for positions", async () => {
  const bytes = await bytesOf("speech-flac.ogg");
  const wrong = withPositions(bytes, (position) => Math.floor(position / 3));
  assert.deepEqual(await decodeAudio(wrong, { fileName }), await decodeAudio(bytes, { fileName }));
});

test("files put one behind another are read one after another, with or without a tag between", async () => {
  for (const name of ["speech.opus", "speech-vorbis.ogg", "speech-flac.ogg"]) {
    const bytes = await bytesOf(name);
    const { channels } = await decodeAudio(bytes, { fileName });
    const once = channels[0] as Float32Array;
    for (const joined of [joinBytes([bytes, bytes]), joinBytes([bytes, id3v1(), bytes])]) {
      assert.deepEqual((await decodeAudio(joined, { fileName })).channels[0], joinArrays([once, once]), name);
    }
  }
  assert.ok(Math.abs((await secondsOf(joinBytes([opus, opus, opus]))) - 3 * 1.064) < 1e-9);
  // A file that goes on in another codec has to be decoded.
  assert.equal(await headerDurationSeconds(inMemory(joinBytes([opus, vorbis]))), undefined);
  assert.equal((await soundOf(joinBytes([opus, await bytesOf("speech-flac.ogg")]))).length, 2 * 17_024);
});

/** A file in whose beginning another stream's first page stands, and a page of it later. */
function beside(first: Uint8Array, numFirstBytes: number): Uint8Array {
  const page = (flags: number, body: Uint8Array) => oggPage([body], { flags, position: 0, serial: 77, sequence: 0 });
  return joinBytes([
    page(2, first),
    opus.slice(0, numFirstBytes),
    page(0, ascii("a picture")),
    opus.slice(numFirstBytes),
  ]);
}

test("pictures and an index beside the sound are passed over; two streams of sound are refused", async () => {
  const firstPage = Buffer.from(opus).indexOf("OggS", 4);
  const skeleton = beside(ascii("fishead\0and more"), firstPage);
  assert.deepEqual(await soundOf(skeleton), await soundOf(opus));
  assert.ok(Math.abs((await secondsOf(skeleton)) - 1.064) < 1e-9);
  await assert.rejects(soundOf(beside(packets[0] as Uint8Array, firstPage)), {
    code: "bad-audio",
    message: "file.ogg: holds 2 streams of sound side by side; keep one, as with ffmpeg -i IN.ogg -map 0:a:0 OUT.ogg.",
  });
});

test("Speex in Ogg is named", async () => {
  const page = oggPage([ascii("Speex   1.2.0 and more")], { flags: 2, position: 0, serial: 1, sequence: 0 });
  await assert.rejects(soundOf(page), { message: /^file\.ogg: is Speex in Ogg, which is not read/ });
});

test("a packet whose end or beginning is missing is damage, but for the first of a broadcast", async () => {
  const long = new Uint8Array(255 * 3).fill(1);
  const pages = (flags: number) => [
    oggPage([packets[0] as Uint8Array], { flags: 2, position: 0, serial: 1, sequence: 0 }),
    oggPage([packets[1] as Uint8Array], { flags: 0, position: 0, serial: 1, sequence: 1 }),
    oggPage(packets.slice(2, 12), { flags: 0, position: counted(11), serial: 1, sequence: 2 }),
    oggPage(packets.slice(12, 14), { flags, position: counted(13), serial: 1, sequence: 3 }),
  ];
  await assert.rejects(soundOf(joinBytes(pages(1))), { message: "file.ogg: is damaged: part of a packet is missing." });
  assert.ok((await soundOf(joinBytes(pages(0)))).length > 0);
  const open = oggPage([long], { flags: 0, position: -1, serial: 1, sequence: 4 });
  // Without the segment of zero bytes that ends the packet.
  const unended = joinBytes([...pages(0), withoutLastSegment(open)]);
  await assert.rejects(soundOf(unended), { message: "file.ogg: ends in the middle of a packet; it was cut short." });
});

/** A page of one packet, without the segment of zero bytes that ends it. */
function withoutLastSegment(page: Uint8Array): Uint8Array {
  const segments = page[26] as number;
  const shorter = joinBytes([page.slice(0, 27 + segments - 1), page.slice(27 + segments)]);
  shorter[26] = segments - 1;
  new DataView(shorter.buffer).setUint32(CHECKSUM_OFFSET, pageChecksum(shorter, 0, shorter.length), true);
  return shorter;
}

test("Vorbis of more channels than anybody records is refused before a page of it is decoded", async () => {
  const many = oggPackets(vorbis).map((packet) => packet.slice());
  (many[0] as Uint8Array)[11] = 255;
  const bytes = oggFile({ packets: many, position: counted, numHeaders: 3 });
  await assert.rejects(soundOf(bytes), {
    message: "file.ogg: has 255 channels, and 32 at most are read; convert it first.",
  });
});
