/** What is too much, too slow or broken: over real connections, with the server well afterwards. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import OpenAI, { toFile } from "openai";
import {
  answerOf,
  BOUNDARY,
  longRecording,
  MODEL,
  multipartBody,
  rawConnection,
  requestHead,
  type Sample,
  samples,
  sendRaw,
  startTestServer,
  type TestServer,
  until,
  wavFile,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];

const create = async (server: TestServer, bytes: Uint8Array = sample.bytes, signal?: AbortSignal) =>
  server.client.audio.transcriptions.create(
    { file: await toFile(bytes, "sound"), model: MODEL },
    signal ? { signal } : {},
  );

async function checkWell(server: TestServer): Promise<void> {
  assert.ok((await create(server)).text.length > 5);
  assert.equal(await server.metric("deepspeech_in_flight"), 0);
  assert.equal(await server.metric("deepspeech_queue_length"), 0);
  assert.equal(await server.metric("deepspeech_upload_held_bytes"), 0);
}

const errorOf = (body: string) => (JSON.parse(body) as { error: Record<string, unknown> }).error;

test("who finds the queue full is told when to come again; who waits is served", async (t) => {
  const server = await startTestServer(t, { limits: { maxConcurrent: 1, maxQueued: 1 } });
  const long = wavFile(await longRecording(sample, 12));
  const running = create(server, long);
  await until(async () => (await server.metric("deepspeech_in_flight")) === 1);
  const waiting = create(server);
  await until(async () => (await server.metric("deepspeech_queue_length")) === 1);
  await assert.rejects(create(server), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.match(error.message, /^429 The server is busy: 1 recordings are at work and 1 wait\. Try again in \d+ s\.$/);
    assert.match(error.headers.get("retry-after") ?? "", /^[1-9]\d?$/);
    return true;
  });
  assert.ok((await waiting).text.length > 5);
  assert.ok((await running).text.length > 50);
  await checkWell(server);
});

test("a client that goes away frees its place, and who waits behind it moves up", async (t) => {
  const server = await startTestServer(t, { limits: { maxConcurrent: 1, maxQueued: 2 } });
  const long = wavFile(await longRecording(sample, 40));
  const [first, second] = [new AbortController(), new AbortController()];
  const running = create(server, long, first.signal);
  await until(async () => (await server.metric("deepspeech_in_flight")) === 1);
  const waiting = create(server, long, second.signal);
  const aborted = Promise.allSettled([running, waiting]);
  await until(async () => (await server.metric("deepspeech_queue_length")) === 1);
  const last = create(server);
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

test("what takes too long is called off", async (t) => {
  const server = await startTestServer(t, { limits: { requestSeconds: 0.2 } });
  await assert.rejects(create(server, wavFile(await longRecording(sample, 60))), {
    status: 504,
    code: "timeout",
    message: /^504 The recording was not transcribed within 0\.2 s; /,
  });
});

test("a body that is too large is refused before it is read, or where it becomes too large", async (t) => {
  const server = await startTestServer(t, { limits: { maxUploadBytes: 100_000 } });
  const message = "The upload is larger than 0.095 MiB; compress the recording, for example as Opus, or send it in parts.";
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

test("slow senders are cut off: of headers, of bodies, and of a trickle", async (t) => {
  const server = await startTestServer(t, {
    limits: { headerSeconds: 0.3, uploadSeconds: 1.2, paceSeconds: 0.3, minUploadBytesPerSecond: 1000 },
  });
  const headers = await rawConnection(server.port);
  headers.socket.write("POST /v1/audio/transcriptions HTTP/1.1\r\nhost: local");
  const stalled = await rawConnection(server.port);
  stalled.socket.write(requestHead(10_000));
  const trickle = await rawConnection(server.port);
  trickle.socket.write(requestHead(1_000_000));
  // Fast enough for the least pace, too slow for the whole.
  const timer = setInterval(() => trickle.socket.write(Buffer.alloc(200)), 50);
  t.after(() => clearInterval(timer));
  for (const { received } of [headers, stalled, trickle]) await until(() => answerOf(received()) !== undefined);
  const answers = [headers, stalled, trickle].map(({ received }) => answerOf(received()));
  assert.deepEqual(
    answers.map((answer) => [answer?.status, errorOf(answer?.body ?? "").code]),
    [
      [408, "request_timeout"],
      [408, "upload_too_slow"],
      [408, "request_timeout"],
    ],
  );
  assert.match(String(errorOf(answers[1]?.body ?? "").message), /came at \d+ bytes a second; at least 1000 are needed/);
  await once(trickle.socket, "close");
  await checkWell(server);
});

test("malformed bodies are refused with the reason", async (t) => {
  const server = await startTestServer(t);
  const good = multipartBody(sample.bytes);
  const file = (name: string) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"; filename="a"\r\n\r\nx\r\n`;
  const end = `--${BOUNDARY}--\r\n`;
  const field = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${MODEL}\r\n`;
  const cases: [string | Buffer, number, RegExp][] = [
    ["no multipart at all", 400, /^The multipart body is malformed: Unexpected end of multipart data\.$/],
    [good.subarray(0, good.length - 40), 400, /^The multipart body is malformed: .+\.$/],
    [`${file("file")}${file("file")}${field}${end}`, 400, /^There is more than one file; send one request for each\.$/],
    [`${file("model")}${end}`, 400, /^"model" must be text, not a file\.$/],
    [`${field}${end}`, 400, /^The recording is missing: send it as the field file\.$/],
    ["", 400, /^The recording is missing/],
    [`${file("file")}${end}`, 400, new RegExp(`^The field model is missing; here it is ${MODEL}\\.$`)],
    [`${file("file")}${field}${field}${end}`, 400, /^"model" is given 2 times\.$/],
    [`${file("file")}${`${field}`.repeat(70)}${end}`, 413, /^The body has more than 64 fields\.$/],
  ];
  for (const [body, status, message] of cases) {
    const bytes = Buffer.from(body);
    const answer = await sendRaw(server.port, Buffer.concat([Buffer.from(requestHead(bytes.length)), bytes]));
    assert.match(String(errorOf(answer.body).message), message);
    assert.equal(answer.status, status);
  }
  const noBoundary = requestHead(5).replace(`; boundary=${BOUNDARY}`, "");
  const refused = await sendRaw(server.port, `${noBoundary}hello`);
  assert.deepEqual([refused.status, errorOf(refused.body).code], [400, "malformed_body"]);
  const json = await sendRaw(server.port, requestHead(2).replace(/multipart.*/, "application/json\r") + "{}");
  assert.deepEqual([json.status, errorOf(json.body).code], [415, "unsupported_content_type"]);
  const noise = await sendRaw(server.port, "this is no HTTP\r\n\r\n");
  assert.deepEqual([noise.status, errorOf(noise.body).code], [400, "bad_http"]);
  await checkWell(server);
});

test("connections that are cut during an upload leave nothing behind", async (t) => {
  const server = await startTestServer(t);
  const body = multipartBody(wavFile(await longRecording(sample, 3)));
  const sent = [1, Math.floor(body.length / 2), body.length - 1];
  for (const length of sent) {
    const { socket } = await rawConnection(server.port);
    socket.write(requestHead(body.length));
    socket.write(body.subarray(0, length));
    await until(async () => (await server.metric("deepspeech_upload_held_bytes")) === body.length);
    socket.destroy();
    await until(async () => (await server.metric("deepspeech_upload_held_bytes")) === 0);
  }
  await checkWell(server);
});
