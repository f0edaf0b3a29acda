/** Live sound as the bytes of a file that is being written, such as what a browser's MediaRecorder sends. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { type Live, openLive, refusalOf, sendEnd, sendSound } from "./live.test.support.js";
import {
  audioFixture,
  create,
  longRecording,
  type Sample,
  samples,
  startTestServer,
  type TestServer,
  until,
  wavFile,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
const FORMATS = [
  ...["speech-16k.wav", "speech-16k.flac", "speech-16k.mp3", "speech.opus", "speech-vorbis.ogg", "speech-flac.ogg"],
  ...["speech.m4a", "speech.webm", "speech-44k-stereo.flac"],
];
let server: TestServer;
/** The same words twice, with a pause after each. */
let twice: Buffer;

before(async () => {
  server = await startTestServer(undefined, { limits: { maxStreamSeconds: 20, maxUploadBytes: 2 ** 20 } });
  twice = wavFile(await longRecording(sample, 2));
});

after(() => server.close());

const textsOf = ({ events }: Live) => events.filter(({ type }) => type === "final").map(({ text }) => text);

for (const name of FORMATS) {
  test(`${name} is heard as it is when it is uploaded`, async () => {
    const bytes = await readFile(audioFixture(name));
    const live = await openLive(server.port, "?encoding=file");
    sendSound(live, bytes, 700);
    sendEnd(live);
    assert.deepEqual(await live.closed, [1000, ""]);
    assert.deepEqual(textsOf(live), [(await create(server, bytes)).text]);
    const { type, duration } = live.events.at(-1) as { type: string; duration: number };
    assert.equal(type, "done");
    assert.ok(duration > 0.9 && duration < 1.1, `${duration}`);
  });
}

test("words come while the file is being written, and times count from its beginning", async () => {
  const live = await openLive(server.port, "?encoding=file&word_timestamps=true");
  sendSound(live, twice);
  await until(() => textsOf(live).length === 1);
  assert.ok(live.events.some(({ type }) => type === "partial"));
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  const [first, second] = live.events.filter(({ type }) => type === "final");
  assert.ok(Number(second!.start) >= Number(first!.end));
  assert.ok(Number(second!.end) <= Number(live.events.at(-1)!.duration));
});

test("what is no sound file, or a damaged one, is closed with 4400; what came before the damage is told", async () => {
  const samplesAlone = await openLive(server.port, "?encoding=file");
  sendSound(samplesAlone, twice.subarray(44));
  const [code, reason] = await samplesAlone.closed;
  assert.deepEqual([code, reason.slice(0, 46)], [4400, "the stream: is not audio of a known format (FL"]);
  const cut = await openLive(server.port, "?encoding=file");
  sendSound(cut, twice.subarray(0, twice.length - 2000));
  sendEnd(cut);
  assert.equal((await cut.closed)[0], 4400);
  assert.equal(textsOf(cut).length, 2);
  assert.match(JSON.stringify(cut.events.at(-1)), /cut short/);
});

test("a file in the place of samples is closed with 4400 and the remedy", async () => {
  for (const name of FORMATS) {
    const live = await openLive(server.port);
    sendSound(live, await readFile(audioFixture(name)));
    sendEnd(live);
    const [code, reason] = await live.closed;
    assert.equal(code, 4400, name);
    assert.match(reason, /^the stream: is a sound file \(.+\)/);
    assert.match(JSON.stringify(live.events.at(-1)), /give encoding \\"file\\"/);
  }
});

test("a file that is too long or too large ends with 4413, and what came is finished", async () => {
  const long = await openLive(server.port, "?encoding=file");
  // Ten minutes of silence in FLAC or Opus are small: seconds count, not bytes.
  sendSound(long, wavFile(await longRecording(sample, 7)).subarray(0, 2 ** 20 - 1));
  assert.deepEqual(await long.closed, [4413, "The stream is longer than 20 s; open another."]);
  assert.ok(textsOf(long).length >= 2);
  const large = await openLive(server.port, "?encoding=file");
  const head = twice.subarray(0, 2 ** 16);
  sendSound(large, Buffer.concat([wavHeaderWithChunk(head, 2 ** 20), Buffer.alloc(2 ** 20)]), 2 ** 19);
  assert.deepEqual(await large.closed, [4413, "The file is larger than 1048576 bytes; open another."]);
});

/** A WAV file that has a chunk of another kind before its sound. */
function wavHeaderWithChunk(file: Buffer, numBytes: number): Buffer {
  const chunk = Buffer.concat([Buffer.from("LIST"), Buffer.alloc(4)]);
  chunk.writeUInt32LE(numBytes, 4);
  return Buffer.concat([file.subarray(0, 36), chunk]);
}

test("what cannot be meant is refused before the upgrade", async () => {
  const refusal = async (query: string) => {
    const found = await refusalOf(server.port, query);
    return [found?.status, found?.message];
  };
  assert.deepEqual(await refusal("?encoding=webm"), [
    400,
    'encoding must be "pcm16" (raw samples) or "file" (a sound file), not "webm".',
  ]);
  assert.deepEqual(await refusal("?encoding=file&sample_rate=48000"), [
    400,
    'With encoding "file" the sample rate is the file\'s own; leave sample_rate out.',
  ]);
});
