import assert from "node:assert/strict";
import { test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { randomNumbers, samplesOf, sampleUtterances, whiteNoise } from "../fixtures.test.support.js";
import { type SegmentEvent, Segmenter, type SegmentRules } from "./segmenter.js";
import { ActivityDetector } from "./voice-activity.js";

const RATE = 16_000;
const RULES: SegmentRules = {
  pauseSeconds: 1,
  longSegmentSeconds: 20,
  shortPauseSeconds: 0.4,
  maxSegmentSeconds: Number.POSITIVE_INFINITY,
  cutSeconds: 0,
};

/** Pairs of start and end, in seconds. */
function segmentsOf(samples: Float32Array, rules = RULES, pieceSamples = 1600): [number, number][] {
  const detector = new ActivityDetector(RATE);
  const segmenter = new Segmenter(rules);
  const events: SegmentEvent[] = [];
  for (let at = 0; at < samples.length; at += pieceSamples) {
    for (const frame of detector.push(samples.subarray(at, at + pieceSamples))) events.push(...segmenter.push(frame));
  }
  for (const frame of detector.end()) events.push(...segmenter.push(frame));
  events.push(...segmenter.end());
  const segments: [number, number][] = [];
  for (let i = 0; i < events.length; i += 2) {
    assert.deepEqual([events[i]?.kind, events[i + 1]?.kind], ["start", "end"]);
    segments.push([events[i]!.frame / 100, events[i + 1]!.frame / 100]);
  }
  return segments;
}

function silence(seconds: number): Float32Array<ArrayBuffer> {
  return new Float32Array(Math.round(seconds * RATE));
}

function hum(seconds: number, hertz: number): Float32Array<ArrayBuffer> {
  const wave = (i: number, harmonic: number) => Math.sin((2 * Math.PI * hertz * harmonic * i) / RATE) / harmonic;
  return Float32Array.from({ length: seconds * RATE }, (_, i) => 0.2 * (wave(i, 1) + wave(i, 3) + wave(i, 5)));
}

function clicks(seconds: number): Float32Array<ArrayBuffer> {
  const random = randomNumbers(3);
  const samples = whiteNoise(seconds * RATE, -65);
  for (let at = 3000; at < samples.length - 80; at += 3000 + Math.floor(random() * 9000)) {
    for (let i = 0; i < 80; i++) samples[at + i]! += (random() - 0.5) * Math.exp(-i / 20);
  }
  return samples;
}

/** Noise whose power falls with the square of the frequency: wind and rumble. */
function brownNoise(seconds: number): Float32Array<ArrayBuffer> {
  let level = 0;
  return whiteNoise(seconds * RATE, -40).map((sample) => {
    level = 0.998 * level + sample;
    return level;
  });
}

const NO_SPEECH: Record<string, () => Float32Array<ArrayBuffer>> = {
  "digital silence": () => silence(10),
  "a single sample": () => new Float32Array(1),
  "white noise at -70 dB": () => whiteNoise(20 * RATE, -70),
  "white noise at -40 dB": () => whiteNoise(20 * RATE, -40),
  "white noise at -20 dB": () => whiteNoise(20 * RATE, -20),
  "white noise at -6 dB": () => whiteNoise(20 * RATE, -6),
  "white noise that comes suddenly": () => joinArrays([silence(5), whiteNoise(20 * RATE, -20), silence(5)]),
  "white noise in bursts of half a second": () =>
    joinArrays(Array.from({ length: 10 }, () => [whiteNoise(RATE / 2, -20), silence(1)]).flat()),
  "brown noise": () => brownNoise(20),
  "brown noise that comes suddenly": () => joinArrays([silence(5), brownNoise(20)]),
  "hum of 50 Hz": () => hum(20, 50),
  "hum of 60 Hz that comes suddenly": () => joinArrays([silence(3), hum(20, 60)]),
  "a tone of 1 kHz": () => joinArrays([silence(3), hum(3, 1000), silence(3)]),
  clicks: () => clicks(20),
};

for (const [name, make] of Object.entries(NO_SPEECH)) {
  test(`${name} is no speech`, () => assert.deepEqual(segmentsOf(make()), []));
}

test("every utterance of the test set is one piece of speech, nearly all of it", async () => {
  for (const { path } of sampleUtterances("test")) {
    const samples = await samplesOf(path);
    const segments = segmentsOf(samples);
    assert.equal(segments.length, 1, path);
    const [start, end] = segments[0]!;
    assert.ok(start === 0 && Math.abs(end - samples.length / RATE) < 0.02, `${path}: ${start} to ${end}`);
  }
});

test("speech in noise 10 dB below it is found", async () => {
  for (const { path } of sampleUtterances("test").slice(0, 12)) {
    const speech = await samplesOf(path);
    const power = speech.reduce((sum, sample) => sum + sample * sample, 0) / speech.length;
    const noise = whiteNoise(speech.length, 10 * Math.log10(power) - 10);
    const [first] = segmentsOf(speech.map((sample, i) => sample + noise[i]!));
    assert.ok(first, path);
  }
});

test("pauses cut, and what is said is not cut into", async () => {
  const [first, second] = sampleUtterances("test");
  const [a, b] = [await samplesOf(first!.path), await samplesOf(second!.path)];
  const segments = segmentsOf(joinArrays([silence(3), a, silence(2), b, silence(3)]));
  assert.equal(segments.length, 2);
  const bounds = [3, 3 + a.length / RATE, 5 + a.length / RATE, 5 + (a.length + b.length) / RATE];
  for (const [i, time] of segments.flat().entries()) {
    const outside = (i % 2 === 0 ? -1 : 1) * (time - bounds[i]!);
    assert.ok(outside > 0 && outside < 0.4, `bound ${i}: ${time} s for ${bounds[i]} s`);
  }
});

test("the pieces in which sound comes change nothing", async () => {
  const [first, second] = sampleUtterances("test");
  const samples = joinArrays([await samplesOf(first!.path), silence(1.5), await samplesOf(second!.path)]);
  const expected = segmentsOf(samples);
  for (const pieceSamples of [37, 160, 48_000]) assert.deepEqual(segmentsOf(samples, RULES, pieceSamples), expected);
});

test("a segment of greatest length is cut where it is quietest of late, and nothing is lost", async () => {
  const utterances = await Promise.all(
    sampleUtterances("test")
      .slice(0, 8)
      .map(({ path }) => samplesOf(path)),
  );
  const samples = joinArrays(utterances);
  const rules = { ...RULES, longSegmentSeconds: 1000, maxSegmentSeconds: 5, cutSeconds: 1 };
  const segments = segmentsOf(samples, rules);
  assert.ok(segments.length >= samples.length / RATE / 5);
  assert.equal(segments[0]![0], 0);
  for (const [i, [start, end]] of segments.entries()) {
    assert.ok(end - start <= 5.01, `${start} to ${end}`);
    if (i > 0) assert.equal(start, segments[i - 1]![1]);
  }
});
