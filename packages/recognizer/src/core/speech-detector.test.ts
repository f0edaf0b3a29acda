import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { resample } from "../audio/resample.js";
import { BUNDLE, randomNumbers, samplesOf, sampleUtterances, whiteNoise } from "../fixtures.test.support.js";
import { openBundleFile } from "../node/bundle-file.js";
import { startModelProcess } from "../node/model-process.js";
import { type DetectorState, firstDetectorState, runDetector } from "./detector-runs.js";
import { RECORDING_RULES } from "./long-audio.js";
import type { ModelClient } from "./model-client.js";
import { type SegmentEvent, Segmenter } from "./segmenter.js";
import { ACTIVITY_FRAME_RATE, type ActivityFrame, SpeechDetector } from "./speech-detector.js";

const RATE = 16_000;
const FRAME_SECONDS = 1 / ACTIVITY_FRAME_RATE;
let model: ModelClient;

before(async () => {
  const { section } = await openBundleFile(BUNDLE);
  model = await startModelProcess(section("model.onnx")!, 1);
});

after(() => model.close(new Error("the tests are over")));

async function framesOf(samples: Float32Array<ArrayBuffer>, rate = RATE, pieceSamples = 1600) {
  const detector = new SpeechDetector(rate, async (sound) => (await runDetector([sound], model.detectSpeech))[0]!);
  const frames: ActivityFrame[] = [];
  for (let at = 0; at < samples.length; at += pieceSamples) {
    frames.push(...((await detector.push(samples.slice(at, at + pieceSamples))) ?? []));
  }
  return [...frames, ...(await detector.end())];
}

/** Pairs of start and end, in seconds. */
async function segmentsOf(
  samples: Float32Array<ArrayBuffer>,
  rules = RECORDING_RULES,
  rate = RATE,
): Promise<[number, number][]> {
  const segmenter = new Segmenter(rules);
  const frames = await framesOf(samples, rate);
  const events: SegmentEvent[] = [...frames.flatMap((frame) => segmenter.push(frame)), ...segmenter.end()];
  const segments: [number, number][] = [];
  for (let i = 0; i < events.length; i += 2) {
    assert.deepEqual([events[i]?.kind, events[i + 1]?.kind], ["start", "end"]);
    segments.push([events[i]!.frame / ACTIVITY_FRAME_RATE, events[i + 1]!.frame / ACTIVITY_FRAME_RATE]);
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

/** Plucked strings: three of a chord each other second, and a tune over them. */
function music(seconds: number): Float32Array<ArrayBuffer> {
  const random = randomNumbers(5);
  const samples = silence(seconds);
  const pluck = (start: number, semitones: number) => {
    const [hertz, first] = [220 * 2 ** (semitones / 12), start * RATE];
    for (let i = 0; i < Math.min(2 * RATE, samples.length - first); i++) {
      const envelope = 0.1 * Math.min(1, i / 80) * Math.exp(-i / (0.5 * RATE));
      for (let part = 1; part <= 6; part++) {
        samples[first + i]! += (envelope / part) * Math.sin((2 * Math.PI * hertz * part * i) / RATE);
      }
    }
  };
  for (let start = 0; start < seconds; start += 0.25) {
    const chord = start % 4 < 2 ? [0, 4, 7] : [5, 9, 12];
    if (start % 2 === 0) for (const tone of chord) pluck(start, tone);
    pluck(start, 12 + chord[Math.floor(3 * random())]!);
  }
  return samples;
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
  "chords and a melody": () => music(20),
  "a tone of 1 kHz": () => joinArrays([silence(3), hum(3, 1000), silence(3)]),
  clicks: () => clicks(20),
};

for (const [name, make] of Object.entries(NO_SPEECH)) {
  test(`${name} is no speech`, async () => assert.deepEqual(await segmentsOf(make()), []));
}

test("every utterance of the test set is one piece of speech, nearly all of it", async () => {
  for (const { path } of sampleUtterances("test")) {
    const samples = await samplesOf(path);
    const segments = await segmentsOf(samples);
    assert.equal(segments.length, 1, path);
    const [start, end] = segments[0]!;
    assert.ok(
      start === 0 && end - samples.length / RATE >= 0 && end - samples.length / RATE < FRAME_SECONDS,
      `${path}: ${start} to ${end}`,
    );
  }
});

test("speech is found in noise as loud as itself, and over music 10 dB below it", async () => {
  const background = { noise: whiteNoise(20 * RATE, 0), music: music(20) };
  for (const { path } of sampleUtterances("test").slice(0, 8)) {
    const speech = await samplesOf(path);
    for (const [name, below] of [
      ["noise", 0],
      ["music", 10],
    ] as const) {
      const pause = new Float32Array(2 * RATE);
      const padded = joinArrays([pause, speech, pause]);
      const gain = Math.sqrt(powerOf(speech) / powerOf(background[name]) / 10 ** (below / 10));
      const segments = await segmentsOf(padded.map((sample, i) => sample + gain * background[name][i]!));
      const [first, last] = [segments[0]!, segments.at(-1)!];
      // Not the pauses, and most of what is said.
      assert.ok(first[0] > 1 && last[1] < padded.length / RATE - 1, `${path} in ${name}: ${segments}`);
      const found = segments.reduce((sum, [start, end]) => sum + end - start, 0);
      assert.ok(found > 0.8 * (speech.length / RATE), `${path} in ${name}: ${segments}`);
    }
  }
});

test("a letter of a fifth of a second is found in a quiet room", async () => {
  const letters = sampleUtterances("train").filter(({ text }) => text.length === 1);
  let numFound = 0;
  for (const { path } of letters) {
    const letter = loudestPart(await samplesOf(path), 3200);
    const sound = joinArrays([whiteNoise(2 * RATE, -75), letter, whiteNoise(2 * RATE, -75)]);
    if ((await segmentsOf(sound)).length > 0) numFound += 1;
  }
  assert.ok(numFound >= 0.8 * letters.length, `${numFound} of ${letters.length}`);
});

function loudestPart(samples: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  const starts = Array.from({ length: Math.max(1, Math.ceil((samples.length - length) / 160)) }, (_, i) => 160 * i);
  const power = starts.map((at) => powerOf(samples.subarray(at, at + length)));
  const start = starts[power.indexOf(Math.max(...power))]!;
  return samples.slice(start, start + length);
}

function powerOf(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
}

test("sound at another rate is found at the same times", async () => {
  const speech = joinArrays([silence(3), await samplesOf(sampleUtterances("test")[0]!.path), silence(3)]);
  const expected = (await segmentsOf(speech)).flat();
  for (const rate of [8000, 44_100]) {
    const found = (await segmentsOf(resample(speech, RATE, rate), RECORDING_RULES, rate)).flat();
    assert.equal(found.length, expected.length);
    for (const [i, time] of found.entries()) assert.ok(Math.abs(time - expected[i]!) < 0.1, `${rate}: ${found}`);
  }
});

test("pauses cut, and what is said is not cut into", async () => {
  const [first, second] = sampleUtterances("test");
  const [a, b] = [await samplesOf(first!.path), await samplesOf(second!.path)];
  const segments = await segmentsOf(joinArrays([silence(3), a, silence(2), b, silence(3)]));
  assert.equal(segments.length, 2);
  const bounds = [3, 3 + a.length / RATE, 5 + a.length / RATE, 5 + (a.length + b.length) / RATE];
  for (const [i, time] of segments.flat().entries()) {
    const outside = (i % 2 === 0 ? -1 : 1) * (time - bounds[i]!);
    assert.ok(outside > 0 && outside < 0.4, `bound ${i}: ${time} s for ${bounds[i]} s`);
  }
});

test("the pieces in which sound comes change nothing, to the last bit", async () => {
  const [first, second] = sampleUtterances("test");
  const samples = joinArrays([await samplesOf(first!.path), silence(1.5), await samplesOf(second!.path)]);
  const expected = await framesOf(samples);
  for (const pieceSamples of [37, 160, 48_000]) {
    assert.deepEqual(await framesOf(samples, RATE, pieceSamples), expected);
  }
});

test("sounds that share a run are heard as each is alone", async () => {
  const sounds = await Promise.all(
    sampleUtterances("test")
      .slice(0, 7)
      .map(async ({ path }) => ({ samples: (await samplesOf(path)).slice(0, 64 + 512 * 24), length: 64 + 512 * 24 })),
  );
  const hear = (heard: typeof sounds, states: DetectorState[]) =>
    runDetector(
      heard.map((sound, i) => ({ ...sound, state: states[i]! })),
      model.detectSpeech,
    );
  const states = sounds.map(firstDetectorState);
  const first = await hear(sounds, states);
  const next = await hear(sounds.slice(0, 3), states);
  for (const [i, sound] of sounds.entries()) {
    const state = firstDetectorState();
    const [alone] = await hear([sound], [state]);
    assert.equal(alone!.length, 24);
    assertNear(first[i]!, alone!);
    if (i < 3) assertNear(next[i]!, (await hear([sound], [state]))[0]!);
  }
  assert.ok(first.some((probabilities) => Math.max(...probabilities) > 0.9));
});

function assertNear(found: Float32Array, expected: Float32Array): void {
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(found[i]! - value) < 1e-5, `${found} for ${expected}`);
}

test("a segment of greatest length is cut where it is quietest of late, and nothing is lost", async () => {
  const utterances = await Promise.all(
    sampleUtterances("test")
      .slice(0, 8)
      .map(({ path }) => samplesOf(path)),
  );
  const samples = joinArrays(utterances);
  const rules = { ...RECORDING_RULES, longSegmentSeconds: 1000, maxSegmentSeconds: 5, cutSeconds: 1 };
  const segments = await segmentsOf(samples, rules);
  assert.ok(segments.length >= samples.length / RATE / 5);
  assert.equal(segments[0]![0], 0);
  for (const [i, [start, end]] of segments.entries()) {
    assert.ok(end - start <= 5 + 2 * FRAME_SECONDS, `${start} to ${end}`);
    if (i > 0) assert.equal(start, segments[i - 1]![1]);
  }
});
