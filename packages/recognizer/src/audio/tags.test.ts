import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../fixtures.test.support.js";
import { decodeAudio, decodeChunks } from "./decode.js";
import { headerDurationSeconds, inMemory } from "./header-duration.js";
import { joinBytes } from "./join-arrays.js";
import { mixDown } from "./mix-down.js";
import { apev2, ascii, id3v1, id3v2, lyrics3 } from "./sound-files.test.support.js";

const fileName = "file";
const FILES = [
  "speech-16k.wav",
  "speech-16k.flac",
  "speech-flac.ogg",
  "speech-16k.mp3",
  "speech.opus",
  "speech-vorbis.ogg",
  "speech.m4a",
  "speech.webm",
];

const BEFORE: Record<string, Uint8Array> = {
  "a short ID3v2 tag": id3v2(10),
  "an ID3v2 tag of 2 MB": id3v2(2_000_000),
  "two ID3v2 tags, the first with a footer": joinBytes([id3v2(300, { hasFooter: true }), id3v2(1)]),
};
const BEHIND: Record<string, Uint8Array> = {
  "an ID3v1 tag": id3v1(),
  "an ID3v2 tag": id3v2(500, { hasFooter: true }),
  "an APEv2 tag of 5 MB, lyrics and an ID3v1 tag": joinBytes([apev2(5_000_000), lyrics3(), id3v1()]),
  zeros: new Uint8Array(6000),
};

async function sound(bytes: Uint8Array): Promise<Float32Array> {
  return mixDown((await decodeAudio(bytes, { fileName })).channels, 16_000);
}

async function soundInPieces(bytes: Uint8Array, size: number): Promise<Float32Array> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  const parts: Float32Array[] = [];
  for await (const { channels } of decodeChunks(pieces, { fileName, fileBytes: bytes.length })) {
    parts.push(mixDown(channels, 16_000));
  }
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

for (const name of FILES) {
  for (const [what, tag] of [...Object.entries(BEFORE), ...Object.entries(BEHIND)]) {
    const isBefore = what in BEFORE;
    test(`${name} with ${what} ${isBefore ? "before" : "behind"} it sounds as without`, async () => {
      const bytes = await bytesOf(name);
      const tagged = joinBytes(isBefore ? [tag, bytes] : [bytes, tag]);
      const expected = await sound(bytes);
      assert.ok(expected.length > 17_000);
      assert.deepEqual(await sound(tagged), expected);
      assert.equal((await soundInPieces(tagged, 40_001)).length, expected.length);
      const [seconds, plain] = [
        await headerDurationSeconds(inMemory(tagged)),
        await headerDurationSeconds(inMemory(bytes)),
      ];
      assert.equal(seconds, plain);
    });
  }
}

test("a file that is cut within pieces of a few bytes sounds as it does in one", async () => {
  for (const name of ["speech-16k.wav", "speech-16k.flac", "speech.opus", "speech.m4a", "speech.webm"]) {
    const tagged = joinBytes([id3v2(77), await bytesOf(name), id3v1()]);
    assert.equal((await soundInPieces(tagged, 13)).length, (await sound(tagged)).length, name);
  }
});

test("a file that holds nothing but tags is named", async () => {
  await assert.rejects(sound(id3v2(5000)), { code: "bad-audio", message: "file: holds nothing but tags." });
});

const FOREIGN: [start: Uint8Array, name: string][] = [
  [joinBytes([ascii("FORM"), new Uint8Array(4), ascii("AIFFCOMM")]), "AIFF"],
  [joinBytes([ascii("caff"), new Uint8Array(40)]), "CAF"],
  [joinBytes([ascii(".snd"), new Uint8Array(40)]), "AU"],
  [ascii("#!AMR\n............................."), "AMR"],
  [ascii("NIST_1A\n   1024\n"), "NIST SPHERE"],
  [Uint8Array.from([0xff, 0xf1, 0x60, 0x40, 0x20, 0x1f, 0xfc]), "AAC without a container (ADTS)"],
  [Uint8Array.from([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]), "WMA or another ASF file"],
];

for (const [start, name] of FOREIGN) {
  test(`${name} is refused by its name, with the way out`, async () => {
    await assert.rejects(sound(start), {
      code: "bad-audio",
      message: `file: is ${name}, which is not read (FLAC, WAV, MP3, Ogg Opus, Ogg Vorbis, M4A and WebM are); convert it first, as with ffmpeg -i IN OUT.flac.`,
    });
  });
}
