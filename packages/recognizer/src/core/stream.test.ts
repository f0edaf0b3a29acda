/** Live recognition with a model that finds what the test wants it to; node/stream.test.ts has a real one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { BUNDLE, whiteNoise } from "../fixtures.test.support.js";
import { openBundleFile } from "../node/bundle-file.js";
import { pieces } from "../stream-events.test.support.js";
import { Cancellation } from "./cancellation.js";
import { CONTEXT_SAMPLES, type DetectorSound, PIECE_SAMPLES } from "./detector-runs.js";
import type { HeardSegment } from "./long-audio.js";
import { type StreamEngine, streamEvents } from "./stream.js";
import type { StreamEvent, StreamOptions } from "./stream-options.js";
import { segmentOf } from "./transcription.js";

const { header } = await openBundleFile(BUNDLE);
const frameSamples = Math.round(header.frameSeconds * header.sampleRate);
const numTokens = header.alphabet.tokens.length;

const found = (text: string) => ({
  ...{ text, words: text === "" ? [] : text.split(" "), tokenIds: [] },
  ...{ score: 0, acousticScore: 0, lmScore: 0 },
});

/** Speech is where there is sound. */
async function detect({ samples }: DetectorSound): Promise<Float32Array> {
  const numPieces = (samples.length - CONTEXT_SAMPLES) / PIECE_SAMPLES;
  return Float32Array.from({ length: numPieces }, (_, piece) => {
    const start = CONTEXT_SAMPLES + piece * PIECE_SAMPLES;
    return samples.subarray(start, start + PIECE_SAMPLES).some((sample) => sample !== 0) ? 1 : 0;
  });
}

/** The events, the segments that were heard as a whole, and what the model was given. */
async function heard(
  samples: Float32Array<ArrayBuffer>,
  { partial, final, ...options }: StreamOptions & { partial: string; final: string },
) {
  const given: number[] = [];
  const short: HeardSegment[] = [];
  const engine: StreamEngine = {
    header,
    cancellation: new Cancellation(),
    infer: async ({ length }) => {
      given.push(length);
      const numFrames = Math.ceil(length / frameSamples);
      return { logProbs: new Float32Array(numFrames * numTokens), numFrames, numTokens };
    },
    detect,
    search: async (segment) => {
      short.push(segment);
      return segmentOf([found(final)], segment);
    },
    searchLive: () => ({
      settle: () => {},
      partial: async () => ({ stable: "", text: partial }),
      end: async () => [found(final)],
      close: () => {},
    }),
  };
  const events: StreamEvent[] = [];
  for await (const event of streamEvents(pieces(samples), options, engine)) events.push(event);
  return { events, short, given };
}

const noise = (seconds: number) => whiteNoise(seconds * header.sampleRate, -20);
const silence = (seconds: number) => new Float32Array(seconds * header.sampleRate);

test("a segment of which words were shown ends in a final, though none remain", async () => {
  const samples = joinArrays([noise(1), silence(2), noise(1), silence(2)]);
  const { events } = await heard(samples, { partial: "maybe", final: "" });
  const told = events.map(({ kind, segment }) => `${kind} ${segment}`);
  assert.deepEqual([...new Set(told)], ["partial 0", "final 0", "partial 1", "final 1"]);
  assert.equal(told.filter((event) => event.startsWith("final")).length, 2);
  const last = events.at(-1);
  assert.ok(last?.kind === "final" && last.text === "" && last.words.length === 0);
});

test("a segment of which nothing was shown ends without a word", async () => {
  assert.deepEqual((await heard(joinArrays([noise(1), silence(2)]), { partial: "", final: "" })).events, []);
});

test("what is left after a cut is heard with the sound before it", async () => {
  const samples = noise(3.3);
  const { short, given } = await heard(samples, {
    partial: "",
    final: "a",
    maxSegmentSeconds: 3,
    lookaheadSeconds: 0.3,
  });
  const last = short.at(-1) as HeardSegment;
  assert.equal(short.length, 1);
  const seconds = last.endSeconds - last.startSeconds;
  assert.ok(seconds < 0.5 && last.endSeconds === 3.3, `${last.startSeconds} to ${last.endSeconds}`);
  assert.ok((given.at(-1) as number) > 2 * header.sampleRate);
  assert.equal(last.emissions.numFrames, Math.ceil((seconds * header.sampleRate) / frameSamples));
});
