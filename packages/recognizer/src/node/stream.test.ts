import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { corpusErrorRates } from "@deepspeech-ts/speech";
import { joinArrays } from "../audio/join-arrays.js";
import { resample } from "../audio/resample.js";
import type { StreamInput, StreamOptions } from "../core/stream-options.js";
import {
  audioFixture,
  BUNDLE,
  samplesOf,
  sampleUtterances,
  speechWithGaps,
  whiteNoise,
} from "../fixtures.test.support.js";
import { allEvents, checkStability, finalsOf, finalTexts, pieces } from "../stream-events.test.support.js";
import { Recognizer } from "./recognizer.js";

const utterances = sampleUtterances("test");
let recognizer: Recognizer;

before(async () => {
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
});

after(() => recognizer.close());

const eventsOf = (source: StreamInput, options?: StreamOptions) => allEvents(recognizer, source, options);

test("stable words never change, and segments end at pauses", async () => {
  const longest = utterances.toSorted((a, b) => b.text.length - a.text.length).slice(0, 8);
  const { samples, text } = await speechWithGaps(longest, 1.5);
  for (const options of [{}, { languageModel: false, beamSize: 20 }, { chunkSeconds: 0.3, contextSeconds: 2 }]) {
    const events = await eventsOf(pieces(samples), options);
    checkStability(events);
    const finals = finalsOf(events);
    assert.equal(finals.length, 8);
    assert.deepEqual(
      finals.map(({ segment }) => segment),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    assert.ok(events.some((event) => event.kind === "partial" && event.stable !== ""));
    const { wer } = corpusErrorRates([{ reference: text, hypothesis: finalTexts(events).join(" ") }]);
    assert.ok(wer < 0.65, `WER ${wer}`);
  }
});

test("streaming costs few words beside the whole recording", async () => {
  const samples = await Promise.all(utterances.map(({ path }) => samplesOf(path)));
  const streamed = await Promise.all(samples.map(async (sound) => finalTexts(await eventsOf(pieces(sound))).join(" ")));
  const whole = await Promise.all(samples.map(async (sound) => (await recognizer.transcribe(sound)).text));
  const rate = (texts: string[]) =>
    corpusErrorRates(utterances.map(({ text }, i) => ({ reference: text, hypothesis: texts[i]! }))).wer;
  assert.ok(rate(streamed) < rate(whole) + 0.03, `streamed ${rate(streamed)}, whole ${rate(whole)}`);
});

test("a segment without a pause ends at its greatest length, and goes on in the next", async () => {
  const { samples, text } = await speechWithGaps(utterances.slice(0, 10), 0);
  const events = await eventsOf(pieces(samples), { maxSegmentSeconds: 6, endpointSeconds: 3 });
  checkStability(events);
  const finals = finalsOf(events);
  assert.ok(finals.length >= samples.length / 16_000 / 6 - 1, `${finals.length} segments`);
  for (const { startSeconds, endSeconds } of finals) assert.ok(endSeconds - startSeconds < 7);
  const { wer } = corpusErrorRates([{ reference: text, hypothesis: finalTexts(events).join(" ") }]);
  assert.ok(wer < 0.75, `WER ${wer}`);
});

test("a greatest length that leaves room for no word is no error", async () => {
  const { samples } = await speechWithGaps(utterances.slice(0, 1), 0.5);
  for (const options of [
    { maxSegmentSeconds: 0.001 },
    { maxSegmentSeconds: 0.03 },
    { maxSegmentSeconds: 0.3 },
    { maxSegmentSeconds: 1, lookaheadSeconds: 20 },
  ]) {
    for (const { startSeconds, endSeconds } of finalsOf(await eventsOf(pieces(samples), options))) {
      assert.ok(endSeconds > startSeconds && endSeconds - startSeconds < 2);
    }
  }
});

test("silence and noise yield nothing", async () => {
  const quiet = joinArrays([new Float32Array(48_000), whiteNoise(160_000, -30), new Float32Array(48_000)]);
  assert.deepEqual(await eventsOf(pieces(quiet)), []);
  assert.deepEqual(await eventsOf([]), []);
});

test("bytes of 16 bits, cut anywhere and at another rate, are heard as samples are", async () => {
  const samples = await samplesOf(utterances[0]!.path);
  const expected = finalTexts(await eventsOf(pieces(samples)));
  const faster = resample(samples, 16_000, 48_000);
  const bytes = Buffer.from(Int16Array.from(faster, (sample) => Math.round(sample * 32_767)).buffer);
  const source = Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 4801) yield bytes.subarray(at, at + 4801);
    })(),
  );
  assert.deepEqual(finalTexts(await eventsOf(source, { sampleRate: 48_000 })), expected);
});

for (const name of ["speech-16k.wav", "speech.opus", "speech.webm"]) {
  test(`${name} is heard as it is read`, async () => {
    const events = await eventsOf(createReadStream(audioFixture(name), { highWaterMark: 700 }), { encoding: "file" });
    assert.deepEqual(finalTexts(events), [(await recognizer.transcribe(audioFixture(name))).text]);
  });
}

test("what is no sound is refused", async () => {
  await assert.rejects(eventsOf([new Uint8Array(5000)], { encoding: "file", fileName: "the call" }), {
    code: "bad-audio",
    message: /^the call: is not audio of a known format/,
  });
  await assert.rejects(eventsOf([new Float32Array(100)], { encoding: "file" }), { code: "bad-argument" });
  await assert.rejects(eventsOf([], { encoding: "mp3" } as never), {
    code: "bad-argument",
    message: 'encoding is "mp3", expected "pcm16" or "file"',
  });
});

test("a stream that waits for its source ends when it is aborted, and lets go of the source", async () => {
  const controller = new AbortController();
  let close: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  async function* endless(): AsyncGenerator<Float32Array> {
    try {
      for (let piece = 0; ; piece++) {
        yield new Float32Array(1600);
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (piece === 10) controller.abort(new Error("hung up"));
      }
    } finally {
      close();
    }
  }
  await assert.rejects(eventsOf(endless(), { signal: controller.signal }), { message: "hung up" });
  // In vain where it is never let go of: the test runner's own time-out tells.
  await closed;
});

test("who stops listening stops the stream", async () => {
  const samples = await samplesOf(utterances[0]!.path);
  let isClosed = false;
  function* source(): Generator<Float32Array<ArrayBuffer>> {
    try {
      for (;;) yield* pieces(samples);
    } finally {
      isClosed = true;
    }
  }
  for await (const _event of recognizer.stream(source())) break;
  assert.ok(isClosed);
});

test("several streams at once hear what each hears alone", async () => {
  const samples = await Promise.all(utterances.slice(0, 5).map(({ path }) => samplesOf(path)));
  const together = await Promise.all(samples.map((sound) => eventsOf(pieces(sound))));
  for (const [i, sound] of samples.entries()) {
    assert.deepEqual(finalTexts(await eventsOf(pieces(sound))), finalTexts(together[i]!));
  }
});
