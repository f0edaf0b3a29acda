/** A real WebSocket client against the server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { type Live, openLive, refusalOf, sendEnd, sendSound } from "./live.test.support.js";
import {
  longRecording,
  MODEL,
  pcm16,
  type Sample,
  samples,
  startTestServer,
  type TestServer,
  until,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
let server: TestServer;
/** The same words twice, with a pause after each. */
let sound: Float32Array;

before(async () => {
  const limits = { maxStreams: 2, maxStreamSeconds: 30 };
  server = await startTestServer(undefined, { limits, logText: true });
  sound = await longRecording(sample, 2);
});

after(() => server.close());

const finalsOf = ({ events }: Live) => events.filter(({ type }) => type === "final");

test("live sound gives partial results, a final one for each segment, and an end", async () => {
  const whole = await server.client.audio.transcriptions.create({ file: new File([sample.bytes], "a"), model: MODEL });
  const live = await openLive(server.port, "?word_timestamps=true");
  // Pieces that split samples in two.
  sendSound(live, pcm16(sound), 3333);
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.ok(live.events.some(({ type }) => type === "partial"));
  const finals = finalsOf(live);
  assert.deepEqual(
    finals.map(({ segment }) => segment),
    [0, 1],
  );
  for (const { text, words, start, end: ended } of finals) {
    const { cer } = corpusErrorRates([{ reference: whole.text, hypothesis: String(text) }]);
    assert.ok(cer < 0.2, `${text}`);
    const timed = words as { word: string; start: number; end: number }[];
    assert.equal(timed.map(({ word }) => word).join(" "), text);
    for (const word of timed) assert.ok(word.start >= Number(start) && word.end <= Number(ended) + 0.1);
  }
  assert.deepEqual(live.events.at(-1), { type: "done", duration: Math.round(sound.length / 16) / 1000 });
  await until(() => server.log.some(({ status }) => status === 101));
  const line = server.log.find(({ status }) => status === 101);
  assert.equal(line?.text, finals.map(({ text }) => text).join(" "));
  assert.ok((await server.metric('deepspeech_audio_seconds_total{source="stream"}')) >= sound.length / 16_000);
});

test("another sample rate is resampled", async () => {
  const live = await openLive(server.port, "?sample_rate=8000");
  sendSound(live, pcm16(sound.filter((_, index) => index % 2 === 0)));
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.equal(finalsOf(live).length, 2);
  assert.deepEqual(live.events.at(-1)?.duration, Math.round(sound.length / 16) / 1000);
});

test("a parameter that is empty or null is as one that is absent", async () => {
  const live = await openLive(
    server.port,
    "?sample_rate=&word_timestamps=null&model=&language=%20&prompt=null&decoding=greedy&hot_words=&rate=",
  );
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
});

test("refusals come before the upgrade, as HTTP answers", async () => {
  const refusal = async (query: string) => {
    const found = await refusalOf(server.port, query);
    return [found?.status, found?.message];
  };
  assert.deepEqual(await refusal("?sample_rate=fast"), [
    400,
    'sample_rate must be a whole number from 8000 to 192000, not "fast".',
  ]);
  assert.deepEqual((await refusal("?rate=8000"))[0], 400);
  assert.deepEqual((await refusal("?model=other"))[0], 404);
  assert.deepEqual((await refusal("?language=fr"))[0], 400);
  const [first, second] = [await openLive(server.port), await openLive(server.port)];
  await until(async () => (await server.metric("deepspeech_live_streams")) === 2);
  assert.deepEqual(await refusal(""), [429, "2 live streams are open, which is the most. Try again in 5 s."]);
  first.socket.close();
  second.socket.terminate();
  await until(async () => (await server.metric("deepspeech_live_streams")) === 0);
});

test("each way to end badly has its close code", async () => {
  const nonsense = await openLive(server.port);
  nonsense.socket.send("hello");
  assert.deepEqual(await nonsense.closed, [
    1003,
    'A text frame can only be {"type":"end"}, which ends the sound, not hello; settings go into the query.',
  ]);
  const long = await openLive(server.port);
  sendSound(long, Buffer.alloc(31 * 32_000), 32_000);
  assert.deepEqual(await long.closed, [4413, "The stream is longer than 30 s; open another."]);
  const large = await openLive(server.port);
  large.socket.send(Buffer.alloc(2 ** 20 + 1));
  assert.equal((await large.closed)[0], 1009);
  await until(async () => (await server.metric("deepspeech_live_streams")) === 0);
});

test("a stream without sound is closed", async (t) => {
  const own = await startTestServer(t, { limits: { streamIdleSeconds: 0.2 } });
  const idle = await openLive(own.port);
  assert.deepEqual(await idle.closed, [4408, 'No sound came for 0.2 s; the text frame {"type":"end"} ends it.']);
  assert.equal(idle.events.at(-1)?.type, "error");
});

test("a sender that is faster than the recogniser is held back, and loses nothing", async () => {
  const bytes = pcm16(await longRecording(sample, 6));
  const live = await openLive(server.port);
  live.socket.send(bytes.subarray(0, 2 ** 19));
  live.socket.send(bytes.subarray(2 ** 19));
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.equal(finalsOf(live).length, 6);
});

test("a client that goes away ends its stream", async () => {
  const live = await openLive(server.port);
  sendSound(live, pcm16(sound));
  await until(() => live.events.length > 0);
  live.socket.terminate();
  await until(async () => (await server.metric("deepspeech_live_streams")) === 0);
});

test("a server that stops finishes what it heard, and says that it goes", async (t) => {
  const own = await startTestServer(t);
  const live = await openLive(own.port);
  sendSound(live, pcm16(sound));
  await until(() => live.events.length > 0);
  const closing = own.close();
  assert.deepEqual(await live.closed, [1001, ""]);
  assert.equal(live.events.at(-1)?.type, "done");
  assert.ok(finalsOf(live).length >= 1);
  await closing;
});
