/** How live streams end when something goes wrong: each close code that docs/serving.md lists, and no other. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Recognizer } from "@deepspeech-ts/recognizer";
import { encodeBundle, openBundle } from "@deepspeech-ts/speech";
import fastify from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import { type Live, openLive, refusalOf, sendEnd, sendSound } from "./live.test.support.js";
import { LiveSession, type LiveWish } from "./live-session.js";
import { type Limits, resolveLimits } from "./options.js";
import { BUNDLE, longRecording, pcm16, type Sample, samples, startTestServer, until } from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
let recognizer: Recognizer;
/** The same words twice, with a pause after each. */
let sound: Uint8Array;

before(async () => {
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  sound = pcm16(await longRecording(sample, 2));
});

after(() => recognizer.close());

interface Served {
  /** The client's side. */
  readonly live: Live;
  /** The server's side. */
  readonly socket: WebSocket;
  readonly session: LiveSession;
  readonly log: string[];
}

/** A session of its own: wishes that the server would have refused before, and a socket that the test can fill. */
async function serveSession(
  t: TestContext,
  wish: Partial<LiveWish>,
  own = recognizer,
  limits: Partial<Limits> = {},
): Promise<Served> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  t.after(() => server.close());
  const [live, [socket]] = await Promise.all([
    once(server, "listening").then(() => openLive((server.address() as AddressInfo).port)),
    once(server, "connection") as Promise<[WebSocket]>,
  ]);
  const log: string[] = [];
  const surroundings = {
    recognizer: own,
    limits: resolveLimits(limits),
    controller: new AbortController(),
    log: fastify({ logger: { stream: { write: (line: string) => void log.push(line) } } }).log,
  };
  const session = new LiveSession(
    socket,
    { encoding: "pcm16", sampleRate: 16_000, hotWords: [], wordTimes: false, ...wish },
    surroundings,
  );
  return { live, socket, session, log };
}

function errorCodeOf({ events }: Live): unknown {
  return (events.at(-1)?.error as { code?: string } | undefined)?.code;
}

test("4429: the client does not read what it is sent", async (t) => {
  const { live, socket, session } = await serveSession(t, {});
  live.socket.pause();
  // As after hours of events: what the system holds is full, and a mebibyte waits in the process.
  const filling = JSON.stringify({ type: "filling", text: "x".repeat(2 ** 16) });
  await until(async () => {
    while (socket.bufferedAmount <= 2 ** 20) socket.send(filling);
    await sleep(100);
    return socket.bufferedAmount > 2 ** 20;
  });
  const running = session.run();
  sendSound(live, sound);
  sendEnd(live);
  await running;
  live.socket.resume();
  assert.deepEqual(await live.closed, [4429, "The client does not read what it is sent."]);
  const told = live.events.filter(({ type }) => type !== "filling");
  // Partial results are left out where others wait.
  assert.deepEqual(
    told.map(({ type }) => type),
    ["final", "error"],
  );
});

test("4400: the sound cannot be used as was wished", async (t) => {
  const { live, session } = await serveSession(t, { hotWords: ["日本"] });
  await session.run();
  const [code, reason] = await live.closed;
  assert.equal(code, 4400);
  assert.match(reason, /日/);
});

test("4400: a sound file comes in place of samples, and the way out is told", async (t) => {
  const { live, session } = await serveSession(t, {});
  sendSound(live, Buffer.from(sample.bytes));
  sendEnd(live);
  await session.run();
  assert.equal((await live.closed)[0], 4400);
  const { message } = live.events.at(-1)!.error as { message: string };
  assert.match(message, /is a sound file \(opus\), where raw samples of 16 bits were expected; .*decode it first/);
});

test("1011: the server failed, and its log says how", async (t) => {
  // A header that has fewer tokens than its model.
  const { header, section } = openBundle(await readFile(BUNDLE));
  const { format: _, version: __, sections: ___, ...description } = header;
  const alphabet = { tokens: header.alphabet.tokens.slice(0, -1), blankId: 0 };
  const lying = await encodeBundle(
    { ...description, alphabet },
    { "model.onnx": section("model.onnx") as Uint8Array<ArrayBuffer> },
  );
  const own = await Recognizer.load(new Uint8Array(Buffer.concat(lying)), { threads: 1 });
  t.after(() => own.close());
  const { live, session, log } = await serveSession(t, {}, own);
  sendSound(live, sound);
  sendEnd(live);
  await session.run();
  assert.deepEqual(await live.closed, [1011, "The server failed at this request; its log says why."]);
  assert.equal(errorCodeOf(live), "internal_error");
  assert.match(log.join(""), /"stack":".*"msg":"request failed"/);
});

test("1001: the server stops, and its grace is over", async (t) => {
  const server = await startTestServer(t, { limits: { graceSeconds: 0 } });
  const live = await openLive(server.port);
  sendSound(live, sound);
  await until(() => live.events.length > 0);
  sendSound(live, sound);
  await server.close();
  assert.deepEqual(await live.closed, [1001, "The server is shutting down; try again."]);
  assert.equal(errorCodeOf(live), "shutting_down");
});

test("after the client's end, slow recognition is no idleness, and more sound does not count", async (t) => {
  const server = await startTestServer(t, { limits: { streamIdleSeconds: 5 } });
  const live = await openLive(server.port);
  const whole = pcm16(await longRecording(sample, 7)).subarray(0, 30 * 32_000);
  sendSound(live, whole, whole.length);
  sendEnd(live);
  sendSound(live, sound);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.deepEqual(live.events.at(-1), { type: "done", duration: 30 });
});

test("sound that came while the server was held up is no idleness of the client's", async (t) => {
  const { live, socket, session } = await serveSession(t, {}, recognizer, { streamIdleSeconds: 0.05 });
  // Nothing is read before the session listens.
  socket.pause();
  sendSound(live, sound.subarray(0, 3200));
  sendEnd(live);
  const run = session.run();
  socket.resume();
  // The limit is over before the thread can read what has come.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  await run;
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.deepEqual(live.events.at(-1), { type: "done", duration: 0.1 });
});

test("the first reason to end a stream is the one that is told", async (t) => {
  const server = await startTestServer(t, { limits: { maxStreamSeconds: 1 } });
  const live = await openLive(server.port);
  sendSound(live, sound, 2 ** 19);
  live.socket.send("hello");
  assert.deepEqual(await live.closed, [4413, "The stream is longer than 1 s; open another."]);
});

const BAD_MESSAGE = 'A text frame can only be {"type":"end"}, which ends the sound, not ';

test("1003: after another server's end word, what was heard is finished and the right word named", async (t) => {
  const server = await startTestServer(t);
  const endings: [string | Buffer, string][] = [
    // Vosk, Deepgram, AssemblyAI's two, Watson, Speechmatics.
    ...[
      { eof: 1 },
      { type: "CloseStream" },
      { type: "Terminate" },
      { terminate_session: true },
      { action: "stop" },
    ].map((word): [string, string] => [JSON.stringify(word), JSON.stringify(word)]),
    ["EOS", "EOS"],
    ["", ""],
    // Some clients send text in binary frames.
    [Buffer.from("END_OF_AUDIO"), "END_OF_AUDIO"],
    [Buffer.from('{"eof" : 1}'), '{"eof" : 1}'],
  ];
  for (const [word, quoted] of endings) {
    const live = await openLive(server.port);
    sendSound(live, sound);
    live.socket.send(word);
    const [code, reason] = await live.closed;
    assert.equal(code, 1003);
    assert.equal(reason, `${BAD_MESSAGE}${quoted}; settings go into the query.`.slice(0, 120));
    assert.equal(live.events.filter(({ type }) => type === "final").length, 2);
    assert.equal(errorCodeOf(live), "bad_message");
    assert.ok(live.events.every(({ type }) => type !== "done"));
  }
  const long = await openLive(server.port);
  long.socket.send(`{"config": "${"x".repeat(500)}"}`);
  await long.closed;
  const { message } = (long.events.at(-1) as { error?: unknown }).error as { message: string };
  assert.equal(message, `${BAD_MESSAGE}{"config": "${"x".repeat(48)}…; settings go into the query.`);
});

test("the end may come in a binary frame", async (t) => {
  const server = await startTestServer(t);
  const live = await openLive(server.port);
  sendSound(live, sound);
  live.socket.send(Buffer.from('{"type": "end"}'));
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.equal(live.events.filter(({ type }) => type === "final").length, 2);
});

test("4408 and 4413: what came before is finished", async (t) => {
  const server = await startTestServer(t, { limits: { streamIdleSeconds: 4, maxStreamSeconds: 20 } });
  const idle = await openLive(server.port);
  sendSound(idle, sound);
  // Frames without sound do not keep it alive.
  const timer = setInterval(() => idle.socket.send(Buffer.alloc(0)), 50);
  t.after(() => clearInterval(timer));
  assert.deepEqual(await idle.closed, [4408, 'No sound came for 4 s; the text frame {"type":"end"} ends it.']);
  assert.equal(idle.events.filter(({ type }) => type === "final").length, 2);
  const long = await openLive(server.port);
  sendSound(long, Buffer.concat([sound, sound, sound]), 2 ** 19);
  assert.deepEqual(await long.closed, [4413, "The stream is longer than 20 s; open another."]);
  assert.ok(long.events.filter(({ type }) => type === "final").length >= 2);
  assert.equal(await server.metric('deepspeech_audio_seconds_total{source="stream"}'), 20 + sound.length / 32_000);
});

test("of many that come at the same moment, no more become streams than are allowed", async (t) => {
  const server = await startTestServer(t, { limits: { maxStreams: 3 } });
  const found = await Promise.all(Array.from({ length: 12 }, () => refusalOf(server.port)));
  assert.equal(found.filter((refusal) => refusal === undefined).length, 3);
  assert.ok(found.every((refusal) => refusal === undefined || (refusal.status === 429 && refusal.retryAfter === "5")));
});
