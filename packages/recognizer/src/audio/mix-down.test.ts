import assert from "node:assert/strict";
import { test } from "node:test";
import { audioFixture, randomNumbers, samplesOf } from "../fixtures.test.support.js";
import { joinArrays } from "./join-arrays.js";
import { Mixer, mixDown as mixDownAt } from "./mix-down.js";

type Samples = Float32Array<ArrayBuffer>;
const RATE = 16_000;
const mixDown = (channels: readonly Samples[]): Samples => mixDownAt(channels, RATE);
const speech = await samplesOf(audioFixture("speech-16k.wav"));
const random = randomNumbers(3);
const noise = (amplitude: number): Samples => speech.map(() => amplitude * (random() - 0.5));
const negative = (samples: Samples): Samples => samples.map((sample) => -sample);
const sum = (a: Samples, b: Samples): Samples => a.map((sample, i) => sample + (b[i] as number));
const silence = new Float32Array(speech.length);

function peak(samples: Samples): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

function level(samples: Samples): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

test("a channel that is the other's negative is turned over, and nothing is lost", () => {
  assert.deepEqual(mixDown([speech, negative(speech)]), speech);
  assert.deepEqual(mixDown([negative(speech), speech]), negative(speech));
});

test("the same with noise on each channel, and among several", () => {
  const mixed = mixDown([sum(speech, noise(0.02)), sum(negative(speech), noise(0.02))]);
  assert.ok(peak(sum(mixed, negative(speech))) < 0.02);
  const surround = mixDown([silence, speech, negative(speech), speech]);
  assert.ok(peak(sum(surround, negative(speech.map((sample) => 0.75 * sample)))) < 1e-6);
});

const tone = (hertz: number, amplitude: number): Samples =>
  speech.map((_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / RATE));
/** Ten times as loud as the speech. */
const NO_SPEECH: Readonly<Record<string, Samples>> = {
  "an offset": speech.map(() => 10 * level(speech)),
  "a hum of 50 Hz": tone(50, 10 * level(speech)),
  "a hum of 60 Hz": tone(60, 10 * level(speech)),
};

for (const [name, other] of Object.entries(NO_SPEECH)) {
  test(`speech is kept under ${name} of opposite sign, and opposite speech under one of the same sign`, () => {
    const kept = mixDown([sum(speech, other), sum(speech, negative(other))]);
    assert.ok(peak(sum(kept, negative(speech))) < 1e-6);
    const turned = mixDown([sum(speech, other), sum(negative(speech), other)]);
    assert.ok(peak(sum(turned, negative(speech))) < 1e-6);
  });
}

test("channels that are not opposite give their mean", () => {
  const [a, b] = [noise(1), noise(1)];
  for (const [left, right] of [
    [speech, speech],
    [speech, silence],
    [silence, speech],
    [a, b],
  ] as const) {
    assert.deepEqual(
      mixDown([left, right]),
      left.map((sample, i) => Math.fround(sample + (right[i] as number)) / 2),
    );
  }
});

test("in pieces, cut anywhere and of one channel where both are alike, the sum is the same", () => {
  const start = speech.slice(0, 6000);
  const left = joinArrays([start, speech]);
  const right = joinArrays([start, negative(speech)]);
  const whole = mixDown([left, right]);
  for (const size of [37, 1000, 1600, 9999]) {
    const mixer = new Mixer(RATE);
    const parts: Samples[] = [];
    for (let at = 0; at < left.length; at += size) {
      const piece = [left.slice(at, at + size), right.slice(at, at + size)];
      parts.push(mixer.push(at + size <= 6000 ? piece.slice(0, 1) : piece));
    }
    assert.deepEqual(joinArrays([...parts, mixer.end()]), whole, `pieces of ${size}`);
  }
});
