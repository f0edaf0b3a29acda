/** A real server with the fixture bundle, sound to send to it, and ways to send it badly. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeWaveform, pcm16, wavHeader } from "@deepspeech-ts/recognizer/audio";
import OpenAI, { toFile } from "openai";
import type { ServerOptions } from "./options.js";
import { type RunningServer, startServer } from "./start-server.js";

const root = new URL("../../../", import.meta.url);

/** A small model of one voice: see test/fixtures/bundles/README.md. */
export const BUNDLE = fileURLToPath(new URL("test/fixtures/bundles/quickstart-fp16.dsb", root));
/** Of a model that streams. */
export const STREAMING_BUNDLE = fileURLToPath(new URL("test/fixtures/bundles/streaming-fp16.dsb", root));
export const MODEL = "quickstart-fp16";

export function audioFixture(name: string): string {
  return fileURLToPath(new URL(`test/fixtures/audio/${name}`, root));
}

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deepspeech-server-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestServer extends RunningServer {
  readonly port: number;
  readonly client: OpenAI;
  /** What was logged, line by line. */
  readonly log: Record<string, unknown>[];
  /** A metric's value; of one with labels, its full name with them. */
  metric(name: string): Promise<number>;
}

/** A server that is ready, on a port of its own. It ends with the test; give none to end it yourself. */
export async function startTestServer(
  t: Pick<TestContext, "after"> | undefined,
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const log: Record<string, unknown>[] = [];
  const logStream = { write: (line: string) => void log.push(JSON.parse(line)) };
  const server = await startServer({ bundle: BUNDLE, port: 0, recognizer: { threads: 1 }, logStream, ...options });
  t?.after(() => server.close());
  await server.ready;
  const { url } = server;
  return {
    ...server,
    log,
    port: Number(new URL(url).port),
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: options.apiKeys?.[0] ?? "none", maxRetries: 0 }),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? Number.NaN);
    },
  };
}

export { pcm16 };

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The first recordings of the sample corpus's test set. */
export function samples(count: number): Sample[] {
  const folder = fileURLToPath(new URL("sample-corpus/test", root));
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const chosen = names.filter((name) => name.endsWith(".opus")).sort();
  return chosen.slice(0, count).map((name) => ({
    name: name.split("/").at(-1) as string,
    bytes: new Uint8Array(readFileSync(join(folder, name))),
  }));
}

export async function samplesOf({ name, bytes }: Sample): Promise<Float32Array<ArrayBuffer>> {
  return (await decodeWaveform(bytes, { fileName: name })).samples;
}

/** A WAV file of one channel at 16 kHz: samples of 16 bits, or, where `isFloat`, the 32-bit numbers themselves. */
export function wavFile(sound: Float32Array, isFloat = false): Buffer {
  const data = isFloat ? new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength) : pcm16(sound);
  const coding = isFloat ? { encoding: 3, sampleBits: 32 } : { encoding: 1, sampleBits: 16 };
  return Buffer.concat([wavHeader({ ...coding, numChannels: 1, sampleRate: 16_000 }, data.length), data]);
}

/** A recording said again and again, with a pause of two seconds after each: its segments are done one by one. */
export async function longRecording(sample: Sample, times: number): Promise<Float32Array<ArrayBuffer>> {
  const once = await samplesOf(sample);
  const length = once.length + 32_000;
  const sound = new Float32Array(times * length);
  for (let time = 0; time < times; time++) sound.set(once, time * length);
  return sound;
}

export const BOUNDARY = "a-boundary";

/** A multipart body with a file and the model's name. */
export function multipartBody(file: Uint8Array, fields: Record<string, string> = { model: MODEL }): Buffer {
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = `${texts.join("")}--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
}

/** The head of a request that uploads `length` bytes. */
export function requestHead(length: number, headers = ""): string {
  const type = `content-type: multipart/form-data; boundary=${BOUNDARY}`;
  return `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: localhost\r\n${type}\r\ncontent-length: ${length}\r\n${headers}\r\n`;
}

/** A connection below HTTP, and all that has come over it. */
export async function rawConnection(port: number): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  return { socket, received: () => text };
}

/** Waits for what will come to be; the test runner's own time-out ends a wait in vain. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** Sends a whole request through a bare connection, and gives the answer's status and body. */
export async function sendRaw(port: number, request: string | Buffer): Promise<{ status: number; body: string }> {
  const { socket, received } = await rawConnection(port);
  socket.write(request);
  await until(() => answerOf(received()) !== undefined);
  socket.destroy();
  return answerOf(received()) as { status: number; body: string };
}

/** The first answer in what was received, once it is whole. */
export function answerOf(received: string): { status: number; body: string } | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [, status, length] = /^HTTP\/1\.1 (\d+)[\s\S]*?content-length: (\d+)/i.exec(received.slice(0, end)) ?? [];
  const body = received.slice(end + 4);
  return body.length < Number(length) ? undefined : { status: Number(status), body: body.slice(0, Number(length)) };
}

/** Sends a sound with OpenAI's client. */
export async function create(server: TestServer, bytes: Uint8Array, signal?: AbortSignal) {
  const body = { file: await toFile(bytes, "sound"), model: MODEL };
  return server.client.audio.transcriptions.create(body, signal ? { signal } : {});
}

/** The server works, and holds nothing of what went before. */
export async function checkWell(server: TestServer): Promise<void> {
  const [sample] = samples(1) as [Sample];
  assert.ok((await create(server, sample.bytes)).text.length > 5);
  assert.equal(await server.metric("deepspeech_in_flight"), 0);
  assert.equal(await server.metric("deepspeech_queue_length"), 0);
  assert.equal(await server.metric("deepspeech_upload_held_bytes"), 0);
}

export function errorOf(body: string): Record<string, unknown> {
  return (JSON.parse(body) as { error: Record<string, unknown> }).error;
}
