/** Live recognition with a model that streams: a small one of one voice, see test/fixtures/bundles/README.md. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";
import type { StreamEvent, StreamInput, StreamOptions } from "../core/stream-options.js";
import { STREAMING_BUNDLE, samplesOf, sampleUtterances, speechWithGaps, whiteNoise } from "../fixtures.test.support.js";
import { allEvents, checkStability, finalsOf, finalTexts, pieces } from "../stream-events.test.support.js";
import { Recognizer } from "./recognizer.js";

const utterances = sampleUtterances("test");
const longest = utterances.toSorted((a, b) => b.text.length - a.text.length);
let recognizer: Recognizer;
let batches: number[] = [];

before(async () => {
  recognizer = await Recognizer.load(STREAMING_BUNDLE, { threads: 1, onBatch: (size) => batches.push(size) });
});

after(() => recognizer.close());

const eventsOf = (source: StreamInput, options?: StreamOptions) => allEvents(recognizer, source, options);

const textOf = (events: readonly StreamEvent[]) => finalTexts(events).join(" ");
const werOf = (reference: string, hypothesis: string) => corpusErrorRates([{ reference, hypothesis }]).wer;

test("stable words never change, and segments end at pauses, as far apart as they are said", async () => {
  const { samples, text } = await speechWithGaps(longest.slice(0, 4), 1.5);
  for (const options of [{}, { beamSize: 20, chunkSeconds: 0.5 }]) {
    const events = await eventsOf(pieces(samples), options);
    checkStability(events);
    assert.deepEqual(
      finalsOf(events).map(({ segment }) => segment),
      [0, 1, 2, 3],
    );
    assert.ok(events.some((event) => event.kind === "partial" && event.stable !== ""));
    assert.ok(werOf(text, textOf(events)) < 0.8, `WER ${werOf(text, textOf(events))}`);
  }
});

test("streaming loses nothing beside the whole recording", async () => {
  const samples = await Promise.all(utterances.slice(0, 12).map(({ path }) => samplesOf(path)));
  const whole = await Promise.all(samples.map(async (sound) => (await recognizer.transcribe(sound)).text));
  const streamed = await Promise.all(samples.map(async (sound) => textOf(await eventsOf(pieces(sound)))));
  // The stream's segments may end elsewhere in the silence.
  const rate = werOf(whole.join(" "), streamed.join(" "));
  assert.ok(rate < 0.03, `${rate} of the words are others`);
});

test("a stream may end within a word, wherever that begins", async () => {
  const word = (await samplesOf(longest[0]!.path)).subarray(8000, 14_000);
  for (let begin = 16_000; begin < 20_096; begin += 512) {
    const sound = joinArrays([whiteNoise(begin, -70), word.subarray(0, 2600)]);
    const events = await eventsOf(pieces(sound, 160));
    for (const { startSeconds, endSeconds } of finalsOf(events)) assert.ok(startSeconds < endSeconds);
  }
});

test("what is heard does not depend on how sound comes", async () => {
  const sound = await samplesOf(longest[0]!.path);
  const [small, large] = [await eventsOf(pieces(sound, 333)), await eventsOf([sound])];
  assert.notEqual(textOf(small), "");
  assert.equal(textOf(small), textOf(large));
});

test("many streams share runs of the model, and each hears what it hears alone", async () => {
  const short = longest.slice(-10, -5);
  const chosen = await Promise.all(short.map(({ path }) => samplesOf(path)));
  const alone: string[] = [];
  for (const sound of chosen) alone.push(textOf(await eventsOf(pieces(sound))));
  batches = [];
  const together = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => textOf(await eventsOf(pieces(chosen[i % 5]!)))),
  );
  for (const [i, text] of together.entries()) assert.equal(text, alone[i % 5]);
  const mean = batches.reduce((sum, size) => sum + size, 0) / batches.length;
  assert.ok(Math.max(...batches) > 10 && mean > 2, `${mean} streams a run, ${Math.max(...batches)} at most`);
});

test("a segment longer than the model is given at once is heard in steps, of a file as of a stream", async () => {
  // Without the silence around utterances, no pause cuts it.
  const sounds = await Promise.all(longest.slice(0, 16).map(({ path }) => samplesOf(path)));
  const long = joinArrays(sounds.map((sound) => sound.subarray(6400, -8000))).slice(0, 16_000 * 40);
  batches = [];
  const { text, segments } = await recognizer.transcribe(long);
  assert.equal(segments.length, 1);
  // 40 s in steps of 64 frames of 37.5 ms.
  assert.ok(batches.length >= 16, `${batches.length} runs`);
  const streamed = await eventsOf(pieces(long), { maxSegmentSeconds: 100, endpointSeconds: 10 });
  assert.equal(textOf(streamed), text);
});

test("a segment without a pause ends at its greatest length, and the next goes on without a word lost or said twice", async () => {
  const { samples } = await speechWithGaps(longest.slice(0, 5), 0.1);
  const events = await eventsOf(pieces(samples), { maxSegmentSeconds: 6, endpointSeconds: 3 });
  const finals = finalsOf(events);
  assert.ok(finals.length >= samples.length / 16_000 / 6 - 1, `${finals.length} segments`);
  for (const { startSeconds, endSeconds } of finals) assert.ok(endSeconds - startSeconds < 7);
  const whole = await eventsOf(pieces(samples), { maxSegmentSeconds: 1000, endpointSeconds: 10 });
  const { cer } = corpusErrorRates([{ reference: textOf(whole), hypothesis: textOf(events) }]);
  assert.ok(cer < 0.3, `${cer} of the letters are others`);
});

test("a greatest length that leaves room for no word is no error", async () => {
  const { samples } = await speechWithGaps(longest.slice(-1), 0.5);
  for (const options of [{ maxSegmentSeconds: 0.03 }, { maxSegmentSeconds: 0.3 }]) {
    for (const { startSeconds, endSeconds } of finalsOf(await eventsOf(pieces(samples), options))) {
      assert.ok(endSeconds > startSeconds && endSeconds - startSeconds < 2);
    }
  }
});

test("silence and noise yield nothing", async () => {
  const quiet = joinArrays([new Float32Array(48_000), whiteNoise(160_000, -30), new Float32Array(48_000)]);
  assert.deepEqual(await eventsOf(pieces(quiet)), []);
});
