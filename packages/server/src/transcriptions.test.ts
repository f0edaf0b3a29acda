/** OpenAI's own client against the server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Recognizer, type Transcription } from "@deepspeech-ts/recognizer";
import { splitIntoCues } from "@deepspeech-ts/speech";
import OpenAI, { toFile } from "openai";
import {
  BUNDLE,
  errorOf,
  longRecording,
  MODEL,
  type Sample,
  samples,
  sendRaw,
  startTestServer,
  type TestServer,
  until,
  wavFile,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
let server: TestServer;
/** What the answers must say. */
let expected: Transcription;
let long: Buffer;

before(async () => {
  server = await startTestServer(undefined, { modelIds: [MODEL, "whisper-1"], logText: false });
  await using recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  expected = await recognizer.transcribe(sample.bytes.slice(), { wordTimes: true });
  long = wavFile(await longRecording(sample, 3));
});

after(() => server.close());

const upload = async () => ({ file: await toFile(sample.bytes, sample.name), model: MODEL });
const milliseconds = (seconds: number) => Math.round(seconds * 1000) / 1000;

test("json has the text and what it is of", async () => {
  const answer = await server.client.audio.transcriptions.create(await upload());
  assert.ok(expected.text.split(" ").length > 3);
  assert.deepEqual(answer, {
    text: expected.text,
    usage: { type: "duration", seconds: Math.ceil(expected.durationSeconds) },
  });
});

test("text, srt and vtt are plain documents", async () => {
  const create = async (response_format: "text" | "srt" | "vtt") =>
    server.client.audio.transcriptions.create({ ...(await upload()), response_format });
  assert.equal(await create("text"), `${expected.text}\n`);
  const [srt, vtt] = [await create("srt"), await create("vtt")];
  assert.match(srt, /^1\n00:00:00,\d{3} --> 00:00:\d\d,\d{3}\n/);
  assert.match(vtt, /^WEBVTT\n\n00:00:00\.\d{3} --> 00:00:\d\d\.\d{3}\n/);
  const spoken = splitIntoCues(expected.timedWords ?? []).flatMap(({ lines }) => lines);
  for (const line of spoken) assert.ok(srt.includes(line) && vtt.includes(line), line);
});

test("verbose_json has segments, words or both, as asked", async () => {
  const create = async (granularities?: ("word" | "segment")[]) =>
    server.client.audio.transcriptions.create({
      ...(await upload()),
      response_format: "verbose_json",
      ...(granularities && { timestamp_granularities: granularities }),
    });
  const plain = await create();
  assert.equal(plain.text, expected.text);
  assert.equal(plain.language, "english");
  assert.equal(plain.duration, milliseconds(expected.durationSeconds));
  assert.equal(plain.words, undefined);
  const [segment] = plain.segments ?? [];
  assert.equal(plain.segments?.map((each) => each.text).join(" "), expected.text);
  assert.equal(segment?.tokens.length, segment?.text.length);
  assert.ok((segment?.avg_logprob ?? 1) < 0 && (segment?.compression_ratio ?? 0) > 0.5);

  const words = await create(["word"]);
  assert.equal(words.segments, undefined);
  assert.deepEqual(
    words.words?.map(({ word, start, end }) => [word, start, end]),
    expected.timedWords?.map((word) => [word.word, milliseconds(word.startSeconds), milliseconds(word.endSeconds)]),
  );
  const both = await create(["word", "segment"]);
  assert.deepEqual(both.segments, plain.segments);
  assert.equal(both.words?.length, expected.words.length);
});

test("verbose_json, srt and vtt tell the same texts at the same times, none after the recording's end", async () => {
  const endings = [0, 0.1, 0.3, 0.5].map((seconds) => long.length - Math.round(32_000 * seconds));
  // Cut in the midst of words, too: the last cue would else last a second.
  const files = [...samples(6).map(({ bytes }) => bytes), long, ...endings.map((end) => recut(long, end))];
  for (const bytes of files) {
    const create = async (format: "verbose_json" | "srt" | "vtt") =>
      server.client.audio.transcriptions.create({
        file: await toFile(bytes, "sound"),
        model: MODEL,
        response_format: format as "verbose_json",
        ...(format === "verbose_json" && { timestamp_granularities: ["segment", "word"] }),
      });
    const { segments = [], words = [], duration } = await create("verbose_json");
    const told = segments.map(({ text, start, end }) => ({ text, start, end }));
    assert.deepEqual(cuesIn(String(await create("srt"))), told);
    assert.deepEqual(cuesIn(String(await create("vtt"))), told);
    for (const { start, end } of [...told, ...words])
      assert.ok(start <= end && end <= duration, `${end} of ${duration}`);
  }
});

/** A WAV file of the first bytes of another. */
function recut(file: Buffer, numBytes: number): Buffer {
  const cut = Buffer.from(file.subarray(0, numBytes));
  cut.writeUInt32LE(numBytes - 44, 40);
  cut.writeUInt32LE(numBytes - 8, 4);
  return cut;
}

function cuesIn(subtitles: string): { text: string; start: number; end: number }[] {
  const pattern = /(\d+):(\d\d):(\d\d)[,.](\d{3}) --> (\d+):(\d\d):(\d\d)[,.](\d{3})\n((?:.+\n)+)/g;
  return [...subtitles.matchAll(pattern)].map(([, ...found]) => {
    const [h1 = 0, m1 = 0, s1 = 0, ms1 = 0, h2 = 0, m2 = 0, s2 = 0, ms2 = 0] = found.slice(0, 8).map(Number);
    const text = String(found[8]).trim().replaceAll("\n", " ");
    const seconds = (h: number, m: number, s: number, ms: number) => (((60 * h + m) * 60 + s) * 1000 + ms) / 1000;
    return { text, start: seconds(h1, m1, s1, ms1), end: seconds(h2, m2, s2, ms2) };
  });
}

test("a stream brings each segment as it is done, and the whole at its end", async () => {
  const file = await toFile(long, "long.wav");
  const whole = await server.client.audio.transcriptions.create({ file, model: MODEL });
  const stream = await server.client.audio.transcriptions.create({ file, model: MODEL, stream: true });
  const deltas: string[] = [];
  let done: string | undefined;
  for await (const event of stream) {
    if (event.type === "transcript.text.delta") deltas.push(event.delta);
    if (event.type === "transcript.text.done") done = event.text;
  }
  assert.equal(deltas.length, 3);
  assert.equal(deltas.join(""), whole.text);
  assert.equal(done, whole.text);
});

test("answers belong to their files, however many come at once", async () => {
  const files = samples(6);
  await using recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  const texts = await Promise.all(files.map(async ({ bytes }) => (await recognizer.transcribe(bytes.slice())).text));
  const answers = await Promise.all(
    [...files, ...files].map(async ({ name, bytes }) =>
      server.client.audio.transcriptions.create({ file: await toFile(bytes, name), model: MODEL }),
    ),
  );
  assert.deepEqual(
    answers.map(({ text }) => text),
    [...texts, ...texts],
  );
});

test("hot words and a prompt's words are favoured", async () => {
  const plain = await server.client.audio.transcriptions.create(await upload());
  const favour = async (fields: object) =>
    (await server.client.audio.transcriptions.create({ ...(await upload()), ...fields })).text.split(" ");
  const word = "blacklisted";
  assert.ok(!plain.text.split(" ").includes(word));
  assert.ok((await favour({ hot_words: `${word}, nothing else` })).includes(word));
  assert.ok((await favour({ prompt: "The Blacklisted, and so on." })).includes(word));
  assert.ok(!(await favour({ prompt: "Not a bit." })).includes(word));
});

test("what has no effect by nature is taken, what cannot be honoured is refused by name", async () => {
  const taken = { temperature: 0.4, language: "en", chunking_strategy: "auto" as const };
  const answer = await server.client.audio.transcriptions.create({ ...(await upload()), ...taken });
  assert.equal(answer.text, expected.text);
  const cases: [object, number, string, string][] = [
    [{ language: "de" }, 400, "language", 'The model understands English (en) alone, not "de".'],
    [{ temperature: 2 }, 400, "temperature", 'temperature must be from 0 to 1, not "2".'],
    [
      { response_format: "xml" },
      400,
      "response_format",
      'response_format must be one of json, text, srt, verbose_json, vtt, not "xml".',
    ],
    [
      { stream: true, response_format: "srt" },
      400,
      "stream",
      "A stream has events of its own; response_format must be json or text with it.",
    ],
    [
      { hot_words: "naïve, 中" },
      400,
      "hot_words",
      'hot_words: "中" has "中", which the model cannot write; spell it out.',
    ],
    [
      { model: "gpt-4o-transcribe" },
      404,
      "model",
      `The model "gpt-4o-transcribe" does not exist here; there is ${MODEL}, whisper-1.`,
    ],
  ];
  for (const [fields, status, param, message] of cases) {
    const body = { ...(await upload()), ...fields };
    const creation = server.client.audio.transcriptions.create(body as Parameters<typeof create>[0]);
    await assert.rejects(creation, (error) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.deepEqual([error.status, error.param, error.message], [status, param, `${status} ${message}`]);
      return true;
    });
  }
  const create = server.client.audio.transcriptions.create;
});

test("a file that is no sound, and an empty one, are refused with the reason", async () => {
  const create = async (bytes: Uint8Array) =>
    server.client.audio.transcriptions.create({ file: await toFile(bytes, "notes.txt"), model: MODEL });
  await assert.rejects(create(Buffer.from("These are notes.")), {
    status: 400,
    code: "invalid_audio",
    message: /^400 notes\.txt: is not audio of a known format/,
  });
  await assert.rejects(create(new Uint8Array()), { status: 400, message: /notes\.txt: is empty/ });
});

test("a recording whose damage shows late ends a stream that has begun with an error event", async () => {
  const sound = await longRecording(sample, 16);
  sound[sound.length - 1] = Number.NaN;
  const file = await toFile(wavFile(sound, true), "late.wav");
  const stream = await server.client.audio.transcriptions.create({ file, model: MODEL, stream: true });
  const deltas: string[] = [];
  await assert.rejects(async () => {
    for await (const event of stream) if (event.type === "transcript.text.delta") deltas.push(event.delta);
  }, /late\.wav: sample \d+ is NaN, expected a finite number/);
  assert.match(deltas[0] ?? "", /^please enter the number/);
});

test("the model is listed under each of its names", async () => {
  const list = await server.client.models.list();
  assert.deepEqual(
    list.data.map(({ id, object, owned_by }) => [id, object, owned_by]),
    [
      [MODEL, "model", "deepspeech-ts"],
      ["whisper-1", "model", "deepspeech-ts"],
    ],
  );
  const model = await server.client.models.retrieve("whisper-1");
  assert.equal(model.id, "whisper-1");
  assert.ok(model.created > 1_700_000_000);
  for (const other of ["none", "%zz", "%ff", "x".repeat(5000)]) {
    const answer = await sendRaw(server.port, `GET /v1/models/${other} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    assert.deepEqual([answer.status, errorOf(answer.body).code], [404, "model_not_found"]);
    assert.ok(String(errorOf(answer.body).message).includes(`"${other}"`));
    await until(() => server.log.some(({ path, status }) => path === `/v1/models/${other}` && status === 404));
  }
  const aliased = await server.client.audio.transcriptions.create({ ...(await upload()), model: "whisper-1" });
  assert.equal(aliased.text, expected.text);
});
