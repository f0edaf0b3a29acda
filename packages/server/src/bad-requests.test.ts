/** Requests that are broken, cut or far too slow, over bare connections. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answerOf,
  BOUNDARY,
  checkWell,
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

test("slow senders are cut off: of headers, of bodies, and of a trickle", async (t) => {
  // Each server has one limit that can be met.
  const server = await startTestServer(t, { limits: { headerSeconds: 0.3 } });
  const paced = await startTestServer(t, { limits: { paceSeconds: 0.3, minUploadBytesPerSecond: 1000 } });
  const timed = await startTestServer(t, { limits: { uploadSeconds: 1.2, paceSeconds: 600 } });
  const headers = await rawConnection(server.port);
  headers.socket.write("POST /v1/audio/transcriptions HTTP/1.1\r\nhost: local");
  const stalled = await rawConnection(paced.port);
  stalled.socket.write(requestHead(10_000));
  const trickle = await rawConnection(timed.port);
  trickle.socket.write(requestHead(1_000_000));
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
  // Each was answered once, and its connection ended.
  await until(() => [headers, stalled, trickle].every(({ socket }) => socket.destroyed));
  for (const { received } of [headers, stalled, trickle]) assert.equal(received().match(/HTTP\/1\.1/g)?.length, 1);
  // The others' limits would cut off whoever asks, were the machine slow.
  assert.equal(await paced.metric("deepspeech_upload_held_bytes"), 0);
});

test("malformed bodies are refused with the reason", async (t) => {
  const server = await startTestServer(t);
  const good = multipartBody(sample.bytes);
  const file = (name: string) =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"; filename="a"\r\n\r\nx\r\n`;
  const end = `--${BOUNDARY}--\r\n`;
  const field = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${MODEL}\r\n`;
  const nameless = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"\r\n\r\n`;
  const cases: [string | Buffer, number, RegExp][] = [
    [`${nameless}x\r\n${field}${end}`, 400, /^"file" must be a file: give it a file name\.$/],
    [`${nameless}${"x".repeat(2 ** 16 + 1)}\r\n${field}${end}`, 400, /^"file" must be a file: give it a file name\.$/],
    [`${nameless} \r\n${field}${end}`, 400, /^The recording is missing: send it as the field file\.$/],
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
  // Of a long text under the recording's name, no more than the beginning is waited for.
  const { socket, received } = await rawConnection(server.port);
  socket.write(`${requestHead(10 * 2 ** 20)}${field}${nameless}${"x".repeat(100_000)}`);
  await until(() => answerOf(received()) !== undefined);
  assert.equal(errorOf(answerOf(received())!.body).message, '"file" must be a file: give it a file name.');
  socket.destroy();
  const noBoundary = requestHead(5).replace(`; boundary=${BOUNDARY}`, "");
  const refused = await sendRaw(server.port, `${noBoundary}hello`);
  assert.deepEqual([refused.status, errorOf(refused.body).code], [400, "malformed_body"]);
  const asJson = requestHead(2).replace(/multipart.*/, "application/json");
  const json = await sendRaw(server.port, `${asJson}{}`);
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
