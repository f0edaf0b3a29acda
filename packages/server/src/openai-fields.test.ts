/** OpenAI's documented fields, as its own client sends them: honoured, or refused with what is not offered. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Recognizer, type Transcription } from "@deepspeech-ts/recognizer";
import OpenAI, { toFile } from "openai";
import {
  BOUNDARY,
  BUNDLE,
  errorOf,
  longRecording,
  MODEL,
  requestHead,
  type Sample,
  samples,
  sendRaw,
  startTestServer,
  type TestServer,
  wavFile,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
let server: TestServer;
let expected: Transcription;

before(async () => {
  server = await startTestServer(undefined);
  await using recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  expected = await recognizer.transcribe(sample.bytes.slice(), { wordTimes: true });
});

after(() => server.close());

type Body = OpenAI.Audio.TranscriptionCreateParamsNonStreaming<"json">;

/** What the client is answered, of which the server may tell more than OpenAI's types do. */
async function create(fields: Partial<Body> = {}) {
  const body = { file: await toFile(sample.bytes, sample.name), model: MODEL, ...fields };
  return (await server.client.audio.transcriptions.create(body)) as OpenAI.Audio.Transcription & {
    words?: { word: string }[];
    segments?: { text: string }[];
  };
}

async function refusal(fields: object): Promise<unknown[]> {
  const error: unknown = await create(fields).then(
    () => assert.fail("was taken"),
    (reason) => reason,
  );
  assert.ok(error instanceof OpenAI.APIError, String(error));
  return [error.status, error.param, error.message.slice(4)];
}

test("include[]=logprobs tells how sure each word is", async () => {
  const { text, logprobs = [] } = await create({ include: ["logprobs"] });
  assert.equal(text, expected.text);
  assert.equal(logprobs.map(({ token }) => token).join(""), text);
  assert.equal(Buffer.from(logprobs.flatMap(({ bytes = [] }) => bytes)).toString(), text);
  assert.deepEqual(
    logprobs.map(({ logprob }) => logprob),
    // JSON has no -0.
    expected.timedWords?.map(({ confidence }) => Math.round(1e4 * Math.log(confidence)) / 1e4 + 0),
  );
  assert.equal((await create()).logprobs, undefined);
  assert.deepEqual(await refusal({ include: ["logprobs"], response_format: "verbose_json" }), [
    400,
    "include",
    "include: logprobs needs response_format json, not verbose_json, whose words have their confidence.",
  ]);
  assert.deepEqual(await refusal({ include: ["usage"] }), [
    400,
    "include",
    'include must be one of logprobs, not "usage".',
  ]);
});

test("a stream has what the answer would have", async () => {
  const body = {
    file: await toFile(wavFile(await longRecording(sample, 2)), "long.wav"),
    model: MODEL,
    include: ["logprobs" as const],
    timestamp_granularities: ["word" as const],
  };
  const whole = await server.client.audio.transcriptions.create(body);
  const stream = await server.client.audio.transcriptions.create({ ...body, stream: true });
  const tokens: (string | undefined)[] = [];
  let done: object | undefined;
  for await (const event of stream) {
    if (event.type === "transcript.text.delta") tokens.push(...(event.logprobs ?? []).map(({ token }) => token));
    if (event.type === "transcript.text.done") done = event;
  }
  assert.equal(tokens.join(""), whole.text);
  const { usage: _, ...answer } = whole;
  assert.deepEqual(done, { type: "transcript.text.done", ...answer });
});

test("granularities are taken with json, and refused where the form has no room for them", async () => {
  const { words, segments } = await create({ timestamp_granularities: ["word"] });
  assert.equal(words?.map(({ word }) => word).join(" "), expected.text);
  assert.equal(segments, undefined);
  assert.equal((await create({ timestamp_granularities: ["segment"] })).segments?.[0]?.text, expected.text);
  assert.match(String(await create({ response_format: "srt" as never, timestamp_granularities: ["segment"] })), /^1\n/);
  assert.deepEqual(await refusal({ response_format: "srt", timestamp_granularities: ["word"] }), [
    400,
    "timestamp_granularities",
    "timestamp_granularities: srt has no times of words; json and verbose_json do.",
  ]);
  assert.deepEqual(await refusal({ response_format: "text", timestamp_granularities: ["segment"] }), [
    400,
    "timestamp_granularities",
    "timestamp_granularities needs a response_format that has times: not text.",
  ]);
});

test("chunking_strategy is auto or server_vad, as text, as an object and as JSON", async () => {
  const asJson = JSON.stringify({ type: "server_vad" }) as never;
  for (const chunking_strategy of ["auto", { type: "server_vad" }, asJson, "null" as never] as const) {
    assert.equal((await create({ chunking_strategy })).text, expected.text);
  }
  const cannotBeSet =
    "chunking_strategy: silence_duration_ms, threshold cannot be set here; leave out all but the type server_vad.";
  const withSettings = { type: "server_vad", silence_duration_ms: 300, threshold: 0.5 };
  for (const chunking_strategy of [withSettings, JSON.stringify(withSettings)]) {
    assert.deepEqual(await refusal({ chunking_strategy }), [400, "chunking_strategy", cannotBeSet]);
  }
  for (const [chunking_strategy, found] of [
    [{ type: "semantic_vad" }, "semantic_vad"],
    ["never", "never"],
    ['"auto"', '"auto"'],
  ]) {
    const message = `chunking_strategy must be auto, or an object of type server_vad, not "${found}".`;
    assert.deepEqual(await refusal({ chunking_strategy }), [400, "chunking_strategy", message]);
  }
});

test("a field that is null is as one that is absent, but for the words that are said", async () => {
  const none = "null" as never;
  const optional = { language: none, temperature: none, response_format: none, chunking_strategy: none };
  // Words would have no effect on greedy decoding, and be refused.
  const absent = { ...optional, prompt: none, include: [none], timestamp_granularities: [none], decoding: "greedy" };
  assert.ok((await create(absent)).text.length > 5);
  const [status, param] = await refusal({ hot_words: none, decoding: "greedy" });
  assert.deepEqual([status, param], [400, "hot_words"]);
});

test("what would take telling speakers apart is not offered, and says so", async () => {
  const [status, param, message] = await refusal({ known_speaker_names: ["ada"] });
  assert.deepEqual([status, param], [400, "known_speaker_names"]);
  assert.match(
    String(message),
    /^"known_speaker_names" is not offered: speakers are not told apart here; there are file,/,
  );
  assert.equal((await refusal({ known_speaker_references: ["data:,"] }))[1], "known_speaker_references");
  assert.deepEqual(await refusal({ response_format: "diarized_json" }), [
    400,
    "response_format",
    "diarized_json is not offered: speakers are not told apart here; there are json, text, srt, verbose_json, vtt.",
  ]);
});

test("a language may be told in each of its usual names", async () => {
  for (const language of ["en", "en-US", "en_GB", "EN", "eng", "English"]) {
    assert.equal((await create({ language })).text, expected.text);
  }
});

const FIELDS = [
  ...["language", "prompt", "response_format", "temperature", "timestamp_granularities[]", "stream", "include[]"],
  ...["chunking_strategy", "chunking_strategy[type]", "hot_words", "known_speaker_names[]", "user"],
];

test("a field that is empty is as one that is absent", async () => {
  for (const blank of ["", "  ", "\n"]) {
    const form = new FormData();
    form.append("file", new File([sample.bytes], "a.opus"));
    form.append("model", MODEL);
    for (const name of [...FIELDS, "model"]) form.append(name, blank);
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: form });
    assert.deepEqual(await response.json(), await create());
  }
  const form = new FormData();
  form.append("file", new File([sample.bytes], "a.opus"));
  form.append("model", "");
  const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: "POST", body: form });
  const { message } = errorOf(await response.text());
  assert.equal(message, `The field model is missing; here it is ${MODEL}.`);
});

/** A body whose file has the given headers of a part. */
async function sendPart(headers: string, bytes: string | Uint8Array) {
  const part = (head: string) => `--${BOUNDARY}\r\n${head}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(`${part('content-disposition: form-data; name="model"')}${MODEL}\r\n${part(headers)}`),
    Buffer.from(bytes as Uint8Array),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
  return sendRaw(server.port, Buffer.concat([Buffer.from(requestHead(body.length)), body]));
}

test("a file without a name has one in messages", async () => {
  const noName = 'content-disposition: form-data; name="file"\r\ncontent-type: application/octet-stream';
  const emptyName = 'content-disposition: form-data; name="file"; filename=""';
  for (const headers of [noName, emptyName]) {
    const { status, body } = await sendPart(headers, "These are notes.");
    assert.equal(status, 400);
    assert.match(String(errorOf(body).message), /^the recording: is not audio of a known format/);
    assert.equal(JSON.parse((await sendPart(headers, sample.bytes)).body).text, expected.text);
    // As a browser's form sends it where no file was chosen.
    const none = await sendPart(headers, "");
    assert.equal(errorOf(none.body).message, "The recording is missing: send it as the field file.");
  }
  const empty = await sendPart('content-disposition: form-data; name="file"; filename="a.wav"', "");
  assert.equal(errorOf(empty.body).message, "a.wav: is empty.");
  const limited = await startTestServer(
    { after: (end) => after(() => (end as () => Promise<void>)()) },
    {
      limits: { maxAudioSeconds: 1 },
    },
  );
  const long = wavFile(await longRecording(sample, 2));
  const form = new FormData();
  form.append("model", MODEL);
  form.append("file", new Blob([Uint8Array.from(long)]), " ");
  const response = await fetch(`${limited.url}/v1/audio/transcriptions`, { method: "POST", body: form });
  assert.match(String(errorOf(await response.text()).message), /^the recording: is \d+ s long; at most 1 s/);
});

test("a wrong method is told apart from a wrong path", async () => {
  const ask = async (method: string, path: string) => {
    const response = await fetch(server.url + path, { method });
    const text = await response.text();
    return [response.status, response.headers.get("allow"), text === "" ? "" : errorOf(text).message];
  };
  const uploads = "/v1/audio/transcriptions";
  assert.deepEqual(await ask("GET", uploads), [405, "POST, OPTIONS", `${uploads} takes POST, not GET.`]);
  assert.deepEqual(await ask("PUT", `${uploads}?model=a`), [405, "POST, OPTIONS", `${uploads} takes POST, not PUT.`]);
  assert.deepEqual(await ask("POST", "/v1/models/any"), [
    405,
    "GET, HEAD, OPTIONS",
    "/v1/models/any takes GET and HEAD, not POST.",
  ]);
  assert.deepEqual(await ask("DELETE", "/v1/audio/stream"), [
    405,
    "GET, OPTIONS",
    "/v1/audio/stream takes GET, not DELETE.",
  ]);
  assert.deepEqual(await ask("OPTIONS", "/v1/models"), [204, "GET, HEAD, OPTIONS", ""]);
  assert.deepEqual(await ask("HEAD", "/healthz"), [200, null, ""]);
  const translations = "/v1/audio/translations";
  assert.deepEqual(await ask("POST", translations), [
    404,
    null,
    `There is no POST ${translations}; /openapi.json lists what there is.`,
  ]);
});
