/** What is too much: each limit has its answer, and the server is well afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import {
  checkWell,
  create,
  errorOf,
  longRecording,
  MODEL,
  multipartBody,
  rawConnection,
  requestHead,
  type Sample,
  samples,
  sendRaw,
  startTestServer,
  until,
  wavFile,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];

test("who finds the queue full is told when to come again; who waits is served", async (t) => {
  const server = await startTestServer(t, { limits: { maxConcurrent: 1, maxQueued: 1 } });
  // No machine has heard it before the others have come and gone; then its client goes away.
  const long = wavFile(await longRecording(sample, 150));
  const leaving = new AbortController();
  const running = create(server, long, leaving.signal);
  await until(async () => (await server.metric("deepspeech_in_flight")) === 1);
  const waiting = create(server, sample.bytes);
  await until(async () => (await server.metric("deepspeech_queue_length")) === 1);
  await assert.rejects(create(server, sample.bytes), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.match(error.message, /^429 The server is busy: 1 recording at work, 1 waiting\. Try again in \d+ s\.$/);
    assert.match(error.headers.get("retry-after") ?? "", /^[1-9]\d?$/);
    return true;
  });
  leaving.abort();
  await assert.rejects(running);
  assert.ok((await waiting).text.length > 5);
  await checkWell(server);
});

test("a client that goes away frees its place, and who waits behind it moves up", async (t) => {
  const server = await startTestServer(t, { limits: { maxConcurrent: 1, maxQueued: 2 } });
  const long = wavFile(await longRecording(sample, 150));
  const [first, second] = [new AbortController(), new AbortController()];
  const running = create(server, long, first.signal);
  await until(async () => (await server.metric("deepspeech_in_flight")) === 1);
  const waiting = create(server, long, second.signal);
  const aborted = Promise.allSettled([running, waiting]);
  await until(async () => (await server.metric("deepspeech_queue_length")) === 1);
  const last = create(server, sample.bytes);
  await until(async () => (await server.metric("deepspeech_queue_length")) === 2);
  second.abort();
  await until(async () => (await server.metric("deepspeech_queue_length")) === 1);
  first.abort();
  assert.ok((await last).text.length > 5);
  await aborted;
  const gone = 'deepspeech_http_requests_total{route="/v1/audio/transcriptions",status="499"}';
  await until(async () => (await server.metric(gone)) === 2);
  await checkWell(server);
});

test("a connection that is cut while events come ends the work", async (t) => {
  const server = await startTestServer(t);
  const body = multipartBody(wavFile(await longRecording(sample, 40)), { model: MODEL, stream: "true" });
  const { socket, received } = await rawConnection(server.port);
  socket.write(Buffer.concat([Buffer.from(requestHead(body.length)), body]));
  await until(() => received().includes("transcript.text.delta"));
  socket.destroy();
  await until(async () => (await server.metric("deepspeech_in_flight")) === 0);
  assert.equal(await server.metric('deepspeech_audio_seconds_total{source="file"}'), Number.NaN);
  await checkWell(server);
});

test("what takes too long is called off, its wait included", async (t) => {
  // Nobody's turn ever comes.
  const server = await startTestServer(t, { limits: { maxConcurrent: 0, requestSeconds: 0.2 } });
  await assert.rejects(create(server, sample.bytes), {
    status: 504,
    code: "timeout",
    message: /^504 The recording was not processed within 0\.2 s; /,
  });
  assert.equal(await server.metric("deepspeech_queue_length"), 0);
});

test("a body that is too large is refused before it is read, or where it becomes too large", async (t) => {
  const server = await startTestServer(t, { limits: { maxUploadBytes: 100_000 } });
  const message =
    "The upload is larger than 0.095 MiB; compress the recording, for example as Opus, or send it in parts.";
  const { status, body } = await sendRaw(server.port, requestHead(100_001));
  assert.deepEqual([status, errorOf(body).code, errorOf(body).message], [413, "upload_too_large", message]);

  const chunked = requestHead(0).replace("content-length: 0", "transfer-encoding: chunked");
  const large = multipartBody(Buffer.alloc(150_000));
  const answer = await sendRaw(
    server.port,
    Buffer.concat([Buffer.from(`${chunked}${large.length.toString(16)}\r\n`), large, Buffer.from("\r\n0\r\n\r\n")]),
  );
  assert.deepEqual([answer.status, errorOf(answer.body).message], [413, message]);
  await assert.rejects(create(server, new Uint8Array(5_000_000)), { status: 413, code: "upload_too_large" });
  await checkWell(server);
});

test("uploads that would take too much memory together must come later", async (t) => {
  const server = await startTestServer(t, { limits: { maxHeldBytes: 60_000, maxUploadBytes: 50_000 } });
  const slow = await rawConnection(server.port);
  slow.socket.write(requestHead(50_000));
  await until(async () => (await server.metric("deepspeech_upload_held_bytes")) === 50_000);
  await assert.rejects(create(server, new Uint8Array(20_000)), { status: 429, code: "server_busy" });
  slow.socket.destroy();
  await until(async () => (await server.metric("deepspeech_upload_held_bytes")) === 0);
  await checkWell(server);
});

test("a recording that is too long is refused, by its headers or once it is found out", async (t) => {
  const server = await startTestServer(t, { limits: { maxAudioSeconds: 10 } });
  const sound = await longRecording(sample, 3);
  await assert.rejects(create(server, wavFile(sound)), {
    status: 413,
    code: "audio_too_long",
    message: `413 sound: is ${Math.round(sound.length / 16_000)} s long; at most 10 s are allowed, so cut it.`,
  });
  // Headers that lie: the length of all but the first second is left out.
  const lying = wavFile(sound);
  lying.writeUInt32LE(0xffffffff, 40);
  await assert.rejects(create(server, lying), { status: 413, code: "audio_too_long" });
  await checkWell(server);
});
