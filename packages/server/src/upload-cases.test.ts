/** Sound files as programs in the wild write them, uploaded: heard whole, or refused with the reason. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { toFile } from "openai";
import { audioFixture, MODEL, startTestServer, type TestServer } from "./server.test.support.js";

let server: TestServer;

before(async () => {
  server = await startTestServer(undefined);
});

after(() => server.close());

const TAG = Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\0\x0a", "latin1"), Buffer.alloc(10)]);

/** A WAV file that says of its sound that it is so many bytes long: who writes to a pipe does not know. */
function ofLength(wav: Buffer, length: number): Buffer {
  const file = Buffer.from(wav);
  file.writeUInt32LE(0xffffffff, 4);
  file.writeUInt32LE(length, file.indexOf("data") + 4);
  return file;
}

function withLargeChunk(wav: Buffer): Buffer {
  const data = wav.indexOf("data");
  const chunk = Buffer.alloc(8 + 2_000_000);
  chunk.write("LIST");
  chunk.writeUInt32LE(2_000_000, 4);
  const file = Buffer.concat([wav.subarray(0, data), chunk, wav.subarray(data)]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

async function transcribe(bytes: Buffer) {
  const file = await toFile(bytes, "sound");
  return server.client.audio.transcriptions.create({ file, model: MODEL, response_format: "verbose_json" });
}

test("lengths that are not known, tags and chunks around the sound, files that are joined: all of it is heard", async () => {
  const read = (name: string) => readFile(audioFixture(name));
  const [wav, flac, opus, m4a] = [
    await read("speech-16k.wav"),
    await read("speech-16k.flac"),
    await read("speech.opus"),
    await read("speech.m4a"),
  ];
  const cases: [string, Buffer, number][] = [
    ...[0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffdb, 0xffffffff].map((length): [string, Buffer, number] => [
      `length ${length}`,
      ofLength(wav, length),
      1,
    ]),
    ["a tag before FLAC", Buffer.concat([TAG, flac]), 1],
    ["a tag before WAV", Buffer.concat([TAG, wav]), 1],
    ["a tag before M4A", Buffer.concat([TAG, m4a]), 1],
    ["a tag behind FLAC", Buffer.concat([flac, Buffer.from("TAG"), Buffer.alloc(125)]), 1],
    ["a large chunk before the sound", withLargeChunk(wav), 1],
    ["two Ogg files, joined", Buffer.concat([opus, opus]), 2],
  ];
  for (const [name, bytes, times] of cases) {
    const { text, duration } = await transcribe(bytes);
    assert.equal(text, Array(times).fill("activated").join(" "), name);
    assert.ok(Math.abs(duration - 1.064 * times) < 0.02, `${name}: ${duration} s`);
  }
});

test("a file that is cut short, and a format that is not read, are refused with the reason", async () => {
  const flac = await readFile(audioFixture("speech-16k.flac"));
  await assert.rejects(transcribe(flac.subarray(0, flac.length - 2000)), { status: 400, message: /cut short/ });
  const aiff = Buffer.concat([Buffer.from("FORM\0\0\0\x20AIFFCOMM", "latin1"), Buffer.alloc(5000)]);
  await assert.rejects(transcribe(aiff), { status: 400, message: /is AIFF, which is not read/ });
});
