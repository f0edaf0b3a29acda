/** Every flag of the server's program, by what it changes for real clients of the real command. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openLive, refusalOf, sendEnd, sendSound } from "../live.test.support.js";
import {
  answerOf,
  errorOf,
  longRecording,
  multipartBody,
  pcm16,
  rawConnection,
  requestHead,
  type Sample,
  samples,
  sendRaw,
  temporaryFolder,
  until,
  wavFile,
} from "../server.test.support.js";
import { BINARY, metricOf, postSound, type Served, serve } from "./serve.test.support.js";

const [sample] = samples(1) as [Sample];
/** What every command has. */
const COMMON_FLAGS = new Set(["--help", "--verbose", "--version"]);
const usedFlags = new Set<string>();

function serveWith(t: TestContext, ...flags: string[]): Promise<Served> {
  const words = ["--port", "0", "--threads", "1", ...flags];
  for (const word of words) if (word.startsWith("--")) usedFlags.add(word);
  return serve(t, ...words);
}

/** The status and the error's code that a recording is answered with. */
async function postedTo(server: Served, sound: Uint8Array): Promise<[number, unknown]> {
  const response = await postSound(server.url, sound);
  const { error } = (await response.json()) as { error?: { code: string } };
  return [response.status, error?.code];
}

test("--host, --model-id, --api-key-file, --cors-origin, --log-level and --log-text", async (t) => {
  const keys = join(await temporaryFolder(t), "keys.txt");
  await writeFile(keys, "a-key-0123456789abc\n");
  const page = "https://page.example";
  const server = await serveWith(
    t,
    ...["--host", "localhost", "--model-id", "first", "whisper-1", "--api-key-file", keys],
    ...["--cors-origin", page, "--log-level", "debug", "--log-text"],
  );
  assert.match(server.announced, /as first, whisper-1: http:\/\/localhost:\d+\/v1 /);
  const authorization = "Bearer a-key-0123456789abc";
  assert.equal((await fetch(`${server.url}/v1/models`)).status, 401);
  const models = await fetch(`${server.url}/v1/models`, { headers: { authorization, origin: page } });
  assert.equal(models.headers.get("access-control-allow-origin"), page);
  const { data } = (await models.json()) as { data: { id: string }[] };
  assert.deepEqual(
    data.map(({ id }) => id),
    ["first", "whisper-1"],
  );
  const answer = await postSound(server.url, sample.bytes, { model: "whisper-1", headers: { authorization } });
  const { text } = (await answer.json()) as { text: string };
  await fetch(`${server.url}/healthz`);
  await until(() => server.log().some(({ path }) => path === "/healthz"));
  assert.equal(server.log().find(({ path }) => path === "/v1/audio/transcriptions")?.text, text);
});

test("--no-page leaves out the page, and the bundle that it would fetch", async (t) => {
  const statuses = ({ url }: Served) =>
    Promise.all(["/", "/model.dsb", "/recognizer/index.js"].map(async (path) => (await fetch(url + path)).status));
  assert.deepEqual(await statuses(await serveWith(t)), [200, 200, 200]);
  assert.deepEqual(await statuses(await serveWith(t, "--no-page")), [404, 404, 404]);
});

test("--log-level silent logs nothing", async (t) => {
  const server = await serveWith(t, "--log-level", "silent");
  await postSound(server.url, sample.bytes);
  assert.deepEqual(server.log(), []);
});

test("--workers start so many processes, and --threads so many threads in each", {
  skip: process.platform !== "linux",
}, async (t) => {
  /** The threads of each process that runs the model. */
  const numThreads = async (...flags: string[]) => {
    const { child } = await serveWith(t, ...flags);
    const pids = readdirSync(`/proc/${child.pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${child.pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
    );
    const found = pids.map((pid) => readdirSync(`/proc/${pid}/task`).length);
    child.kill("SIGKILL");
    return found;
  };
  const [least = 0, ...others] = await numThreads("--workers", "1", "--threads", "1");
  assert.deepEqual(others, []);
  assert.equal((await numThreads("--workers", "3", "--threads", "1")).length, 3);
  const [more = 0] = await numThreads("--workers", "1", "--threads", "4");
  assert.ok(more >= least + 3, `${least} and ${more} threads`);
});

test("--batch-wait lets requests share a run", async (t) => {
  const server = await serveWith(t, "--batch-wait", "1000");
  // A lone request does not wait; beside another, were it a stream that brings nothing yet, it does.
  const other = await openLive(server.port);
  await until(async () => (await metricOf(server.url, "deepspeech_live_streams")) === 1);
  const runs = await metricOf(server.url, "deepspeech_batch_size_count");
  await Promise.all(samples(4).map(({ bytes }) => postSound(server.url, bytes)));
  assert.equal((await metricOf(server.url, "deepspeech_batch_size_count")) - runs, 1);
  other.socket.close();
});

test("--max-upload, --max-held and --max-audio bound what is sent", async (t) => {
  const server = await serveWith(t, "--max-upload", "1.3", "--max-held", "1.5", "--max-audio", "5");
  assert.deepEqual(await postedTo(server, new Uint8Array(1.4 * 2 ** 20)), [413, "upload_too_large"]);
  assert.deepEqual(await postedTo(server, wavFile(new Float32Array(6 * 16_000))), [413, "audio_too_long"]);
  const holder = await rawConnection(server.port);
  holder.socket.write(requestHead(2 ** 20));
  await until(async () => (await metricOf(server.url, "deepspeech_upload_held_bytes")) === 2 ** 20);
  assert.deepEqual(await postedTo(server, new Uint8Array(0.6 * 2 ** 20)), [429, "server_busy"]);
  holder.socket.destroy();
});

test("--max-concurrent, --max-queued and --timeout bound the work", {
  skip: process.platform === "win32",
}, async (t) => {
  const long = wavFile(await longRecording(sample, 500));
  const isAtWork = ({ url }: Served) => until(async () => (await metricOf(url, "deepspeech_in_flight")) === 1);
  const full = await serveWith(t, "--max-concurrent", "1", "--max-queued", "0", "--max-upload", "99");
  // It goes with its server.
  postedTo(full, long).catch(() => {});
  await isAtWork(full);
  assert.deepEqual(await postedTo(full, sample.bytes), [429, "server_busy"]);

  const timed = await serveWith(t, "--timeout", "1", "--max-upload", "99");
  const late = postedTo(timed, long);
  await Promise.race([isAtWork(timed), late]);
  // The time passes while the server stands still, so that no machine is fast enough.
  timed.child.kill("SIGSTOP");
  await sleep(1100);
  timed.child.kill("SIGCONT");
  assert.deepEqual(await late, [504, "timeout"]);
});

test("--max-streams, --max-stream and --stream-idle bound live streams", async (t) => {
  // Each server has one limit of time that can be met.
  const impatient = await serveWith(t, "--stream-idle", "1");
  const idle = await openLive(impatient.port);
  assert.deepEqual(await idle.closed, [4408, 'No sound came for 1 s; the text frame {"type":"end"} ends it.']);
  const server = await serveWith(t, "--max-streams", "1", "--max-stream", "2", "--stream-idle", "3600");
  const long = await openLive(server.port);
  assert.equal((await refusalOf(server.port))?.status, 429);
  sendSound(long, Buffer.alloc(3 * 32_000));
  assert.deepEqual(await long.closed, [4413, "The stream is longer than 2 s; open another."]);
});

test("--header-timeout and --upload-timeout cut slow senders off", async (t) => {
  // Not a whole number of milliseconds.
  const server = await serveWith(t, "--header-timeout", "1.00001", "--upload-timeout", "2");
  const headers = await rawConnection(server.port);
  headers.socket.write("GET /healthz HTTP/1.1\r\nhost: local");
  await until(() => answerOf(headers.received()) !== undefined);
  const body = await rawConnection(server.port);
  body.socket.write(requestHead(1000));
  await until(() => answerOf(body.received()) !== undefined);
  for (const { received } of [headers, body]) {
    const answer = answerOf(received());
    assert.deepEqual([answer?.status, errorOf(answer?.body ?? "").code], [408, "request_timeout"]);
  }
});

test("--min-upload-rate is looked at every ten seconds; headers may take longer than Node's own limit", async (t) => {
  const server = await serveWith(t, "--min-upload-rate", "5000", "--header-timeout", "400");
  const answer = await sendRaw(server.port, Buffer.concat([Buffer.from(requestHead(100_000)), Buffer.alloc(1000)]));
  const { code, message } = errorOf(answer.body);
  assert.deepEqual([answer.status, code], [408, "upload_too_slow"]);
  assert.match(String(message), /at least 5000 are needed/);
});

test("--drain-delay serves on while /readyz says no; --grace then gives what has begun its time", async (t) => {
  const sound = wavFile(await longRecording(sample, 20));
  const server = await serveWith(t, "--drain-delay", "5", "--grace", "600");
  const exited = new Promise((resolve) => server.child.once("exit", (code) => resolve(code)));
  server.child.kill("SIGTERM");
  await until(async () => (await fetch(`${server.url}/readyz`)).status === 503);
  assert.deepEqual(await postedTo(server, sound), [200, undefined]);
  assert.equal(await exited, 0);
});

test("times beyond a timer's reach are as good as never", async (t) => {
  const ages = "99999999";
  const server = await serveWith(
    t,
    "--timeout",
    ages,
    "--stream-idle",
    ages,
    "--grace",
    ages,
    "--upload-timeout",
    ages,
  );
  assert.deepEqual(await postedTo(server, sample.bytes), [200, undefined]);
  const live = await openLive(server.port);
  sendSound(live, pcm16(await longRecording(sample, 1)));
  sendEnd(live);
  assert.deepEqual(await live.closed, [1000, ""]);
  assert.equal(server.stderr(), server.announced);
});

test("a body in the wrong shape, too many headers and a stream that is none have statuses of their own", async (t) => {
  const server = await serveWith(t);
  const large = requestHead(2, `x-large: ${"x".repeat(20_000)}\r\n`);
  const answers = [await sendRaw(server.port, large), await sendRaw(server.port, multipartBody(sample.bytes))];
  assert.deepEqual(
    answers.map(({ status, body }) => [status, errorOf(body).code]),
    [
      [431, "headers_too_large"],
      [400, "bad_http"],
    ],
  );
  const plain = await fetch(`${server.url}/v1/audio/stream`);
  assert.equal(plain.status, 426);
  assert.equal(((await plain.json()) as { error: { code: string } }).error.code, "upgrade_required");
});

test("no flag is without a test here", () => {
  const { stdout } = spawnSync(process.execPath, [BINARY, "--help"], { encoding: "utf8" });
  const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag as string);
  assert.ok(flags.length > 20);
  const unused = flags.filter((flag) => !usedFlags.has(flag) && !COMMON_FLAGS.has(flag));
  assert.deepEqual(unused, [], "flags that no test here uses");
});
