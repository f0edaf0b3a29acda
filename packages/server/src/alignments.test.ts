/** A known text and the search, as a client may ask for them, against the recogniser itself. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Recognizer } from "@deepspeech-ts/recognizer";
import { toWireWord } from "@deepspeech-ts/speech";
import { openLive, refusalOf, sendEnd, sendSound } from "./live.test.support.js";
import {
  BUNDLE,
  errorOf,
  MODEL,
  pcm16,
  type Sample,
  samples,
  samplesOf,
  startTestServer,
  type TestServer,
} from "./server.test.support.js";

const [sample] = samples(1) as [Sample];
const ALIGNMENTS = "/v1/audio/alignments";
const TRANSCRIPTIONS = "/v1/audio/transcriptions";
let server: TestServer;
let recognizer: Recognizer;

before(async () => {
  server = await startTestServer(undefined);
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
});

after(async () => {
  await server.close();
  await recognizer.close();
});

async function post(path: string, fields: Readonly<Record<string, string>>, { bytes, name } = sample) {
  const form = new FormData();
  for (const [field, value] of Object.entries({ model: MODEL, ...fields })) form.append(field, value);
  form.append("file", new File([bytes], name));
  const response = await fetch(server.url + path, { method: "POST", body: form });
  return { status: response.status, body: await response.text() };
}

async function refused(path: string, fields: Readonly<Record<string, string>>, file = sample): Promise<unknown[]> {
  const { status, body } = await post(path, fields, file);
  const { code, param, message } = errorOf(body);
  return [status, code, param, message];
}

test("the words of a known text are found, as they were written", async () => {
  const heard = (await recognizer.transcribe(sample.bytes.slice())).text;
  const text = `${heard.toUpperCase()} — $5!`;
  const { status, body } = await post(ALIGNMENTS, { text });
  assert.equal(status, 200, body);
  const { score, ...answer } = JSON.parse(body);
  const expected = await recognizer.align(sample.bytes.slice(), text);
  assert.deepEqual(answer, {
    text: expected.text,
    duration: Math.round(1000 * expected.durationSeconds) / 1000,
    words: expected.timedWords.map(toWireWord),
  });
  assert.ok(Math.abs(score - expected.score) <= 5e-5, `${score} for ${expected.score}`);
  const right = JSON.parse((await post(ALIGNMENTS, { text: heard, language: "en" })).body);
  assert.ok(right.score > score, "a text that was not said fits worse");
});

test("an alignment that cannot be is refused by the field at fault", async () => {
  assert.deepEqual(await refused(ALIGNMENTS, {}), [
    ...[400, "missing_field", "text"],
    "The field text is missing: what is said.",
  ]);
  const [status, code, param, message] = await refused(ALIGNMENTS, { text: "日本" });
  assert.deepEqual([status, code, param], [400, "invalid_value", "text"]);
  assert.match(String(message), /^The text .*日/);
  assert.deepEqual((await refused(ALIGNMENTS, { text: "a ".repeat(5000) })).slice(0, 3), [
    ...[400, "alignment_infeasible", "text"],
  ]);
  assert.deepEqual((await refused(ALIGNMENTS, { text: "a", hot_words: "b" })).slice(0, 3), [
    ...[400, "unknown_field", "hot_words"],
  ]);
  assert.deepEqual((await refused(ALIGNMENTS, { text: "a", model: "other" })).slice(0, 3), [
    ...[404, "model_not_found", "model"],
  ]);
  const notes = { name: "notes.txt", bytes: new TextEncoder().encode("These are notes.") };
  assert.deepEqual((await refused(ALIGNMENTS, { text: "a" }, notes)).slice(0, 3), [400, "invalid_audio", "file"]);
});

test("decoding is the bundle's, greedy or a beam, of recordings and live", async () => {
  let differ = false;
  for (const { name, bytes } of samples(6)) {
    const texts: string[] = [];
    for (const decoding of ["greedy", "beam"] as const) {
      const { text } = await recognizer.transcribe(bytes.slice(), { decoding });
      assert.equal(JSON.parse((await post(TRANSCRIPTIONS, { decoding }, { name, bytes })).body).text, text);
      const live = await openLive(server.port, `?decoding=${decoding}`);
      sendSound(live, pcm16(await samplesOf({ name, bytes })));
      sendEnd(live);
      assert.equal((await live.closed)[0], 1000);
      const finals = live.events.flatMap(({ type, text }) => (type === "final" ? [text] : []));
      assert.equal(finals.join(" "), text, `${name}, live, ${decoding}`);
      texts.push(text);
    }
    const { text } = JSON.parse((await post(TRANSCRIPTIONS, {}, { name, bytes })).body);
    assert.equal(text, texts[1], "the bundle has a language model");
    differ ||= texts[0] !== texts[1];
  }
  assert.ok(differ, "both searches find the same in all recordings");
});

test("words to favour are refused where nothing is searched", async () => {
  for (const field of ["hot_words", "prompt"]) {
    const message = `${field} has no effect on greedy decoding; leave out one of the two.`;
    assert.deepEqual(await refused(TRANSCRIPTIONS, { decoding: "greedy", [field]: "alarm" }), [
      ...[400, "invalid_value", field, message],
    ]);
    const live = await refusalOf(server.port, `?decoding=greedy&${field}=alarm`);
    assert.deepEqual([live?.status, live?.message], [400, message]);
  }
  assert.deepEqual(await refused(TRANSCRIPTIONS, { decoding: "best" }), [
    ...[400, "invalid_value", "decoding", 'decoding must be one of greedy, beam, not "best".'],
  ]);
});
