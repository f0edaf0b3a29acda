/** What those who run the server rely on: probes, metrics, logs and the OpenAPI document. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "./index.js";
import {
  BUNDLE,
  create,
  type Sample,
  samples,
  samplesOf,
  startTestServer,
  type TestServer,
  temporaryFolder,
  until,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
let server: TestServer;

before(async () => {
  server = await startTestServer(undefined);
});

after(() => server.close());

test("ready only once the model is loaded and tried", { skip: process.platform === "win32" }, async (t) => {
  // A pipe: the model comes when the test has seen what there is without it.
  const bundle = join(await temporaryFolder(t), "model.dsb");
  execFileSync("mkfifo", [bundle]);
  const own = await startServer({ bundle, port: 0, logLevel: "silent" });
  const ask = async (path: string) => {
    const response = await fetch(own.url + path);
    return [response.status, ((await response.json()) as { status?: string }).status];
  };
  assert.deepEqual(await ask("/readyz"), [503, "loading"]);
  assert.deepEqual(await ask("/healthz"), [200, "ok"]);
  assert.deepEqual((await ask("/v1/models"))[0], 503);
  await writeFile(bundle, await readFile(BUNDLE));
  await own.ready;
  assert.deepEqual(await ask("/readyz"), [200, "ready"]);
  assert.deepEqual((await ask("/v1/models"))[0], 200);
  await own.close();
  await assert.rejects(fetch(`${own.url}/healthz`));
});

test("told to stop before the model is there, it neither drains nor fails, and a bundle that is none is told at once", {
  skip: process.platform === "win32",
}, async (t) => {
  const bundle = join(await temporaryFolder(t), "model.dsb");
  execFileSync("mkfifo", [bundle]);
  // The test would run into its own limit of time.
  const options = { port: 0, logLevel: "silent", limits: { drainDelaySeconds: 100_000 } } as const;
  const loading = await startServer({ bundle, ...options });
  const closed = loading.close();
  const answer = await fetch(`${loading.url}/v1/models`).catch(() => undefined);
  assert.ok(answer === undefined || answer.status === 503, `${answer?.status}`);
  await writeFile(bundle, await readFile(BUNDLE));
  await closed;
  const missing = await startServer({ bundle: "no-such.dsb", ...options });
  await assert.rejects(missing.ready, { code: "file-not-found" });
  await missing.close();
});

test("metrics count what was done", async () => {
  await create(server, sample.bytes);
  const durationSeconds = (await samplesOf(sample)).length / 16_000;
  const route = "/v1/audio/transcriptions";
  assert.equal(await server.metric(`deepspeech_http_requests_total{route="${route}",status="200"}`), 1);
  assert.equal(await server.metric(`deepspeech_http_request_duration_seconds_count{route="${route}"}`), 1);
  const audioSeconds = await server.metric('deepspeech_audio_seconds_total{source="file"}');
  assert.ok(Math.abs(audioSeconds - durationSeconds) < 0.001);
  assert.equal(await server.metric("deepspeech_real_time_factor_count"), 1);
  assert.equal(await server.metric("deepspeech_ready"), 1);
  assert.ok((await server.metric("process_resident_memory_bytes")) > 1e7);
  // ONNX Runtime's library and the graph; the server's own memory has neither.
  const ofModel = await server.metric("deepspeech_model_resident_memory_bytes");
  if (process.platform === "linux") assert.ok(ofModel > 1e7, `${ofModel}`);
  else assert.equal(ofModel, Number.NaN);
  const pieces = await server.metric("deepspeech_batch_size_sum");
  await Promise.all(samples(8).map(({ bytes }) => create(server, bytes)));
  assert.equal((await server.metric("deepspeech_batch_size_sum")) - pieces, 8);
});

test("each request has an id and one line in the log, without what was said", async () => {
  const { request_id: id, data } = await server.client.models.list().withResponse();
  assert.equal(data.data.length, 1);
  assert.match(id ?? "", /^[0-9a-f-]{36}$/);
  const given = await fetch(`${server.url}/healthz`, { headers: { "x-request-id": "of-the-balancer" } });
  assert.equal(given.headers.get("x-request-id"), "of-the-balancer");
  const { text } = await create(server, sample.bytes);
  await until(() => server.log.some(({ reqId }) => reqId === id));
  const line = server.log.find(({ bytes }) => bytes === sample.bytes.length);
  assert.deepEqual([line?.method, line?.path, line?.status], ["POST", "/v1/audio/transcriptions", 200]);
  assert.ok(Number(line?.audioSeconds) > 1);
  assert.ok(text.length > 5 && !JSON.stringify(server.log).includes(text));
});

type Json = Record<string, unknown>;

test("the OpenAPI document is whole: every reference leads somewhere, every operation answers", async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Json;
  assert.equal(document.openapi, "3.1.0");
  const paths = document.paths as Record<string, Record<string, Json>>;
  assert.deepEqual(Object.keys(paths).sort(), [
    "/healthz",
    "/metrics",
    "/readyz",
    "/v1/audio/alignments",
    "/v1/audio/stream",
    "/v1/audio/stream/token",
    "/v1/audio/transcriptions",
    "/v1/models",
    "/v1/models/{id}",
  ]);
  for (const reference of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = (reference[1] as string).split("/").reduce((at: unknown, key) => (at as Json)?.[key], document);
    assert.ok(found, `${reference[1]} leads nowhere`);
  }
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, 9);
  for (const { responses } of operations) assert.ok(Object.keys(responses as Json).length > 0);
  const operation = paths["/v1/audio/transcriptions"]?.post as Json | undefined;
  const body = operation?.requestBody as {
    content: Record<string, { schema: { properties: Json; required: string[] } }>;
  };
  const form = body.content["multipart/form-data"];
  assert.ok(form);
  assert.deepEqual(form.schema.required, ["file", "model"]);
  assert.deepEqual(Object.keys(form.schema.properties), [
    "file",
    "model",
    "language",
    "prompt",
    "hot_words",
    "decoding",
    "response_format",
    "temperature",
    "timestamp_granularities[]",
    "stream",
    "chunking_strategy",
    "include[]",
  ]);
});

test("a port that is taken, and a bundle that is none, are told", async () => {
  const port = server.port;
  await assert.rejects(startServer({ bundle: BUNDLE, port, logLevel: "silent" }), {
    name: "UserError",
    message: `port ${port} of 127.0.0.1 is in use; choose another with --port, or 0 for any.`,
  });
  const own = await startServer({ bundle: "no-such.dsb", port: 0, logLevel: "silent" });
  await assert.rejects(own.ready, { code: "file-not-found", message: "no-such.dsb: no such file; check the path" });
  await own.close();
});
