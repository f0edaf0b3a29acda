import assert from "node:assert/strict";
import { test } from "node:test";
import { correlation } from "../fixtures.test.support.js";
import { Random } from "../random.js";
import { power, reverberate } from "./augment.js";
import { fft } from "./fft.js";
import { babbleOf, colouredNoise, madeUpRoom, type NoiseColour } from "./made-up-sounds.js";

/** Mean power of the bins from `low` to `high`, of 65,536. */
function bandPower(samples: Float32Array, low: number, high: number): number {
  const spectrum = { re: Float64Array.from(samples), im: new Float64Array(samples.length) };
  fft(spectrum);
  let sum = 0;
  for (let bin = low; bin < high; bin++) sum += spectrum.re[bin]! ** 2 + spectrum.im[bin]! ** 2;
  return sum / (high - low);
}

const decibels = (ratio: number) => 10 * Math.log10(ratio);

test("a colour's power falls by 0, 3 or 6 dB an octave", () => {
  const slopes: [NoiseColour, number][] = [
    ["white", 0],
    ["pink", -3.01],
    ["brown", -6.02],
  ];
  for (const [colour, perOctave] of slopes) {
    const noise = colouredNoise(colour, new Random(colour));
    assert.ok(Math.abs(power(noise) - 1) < 1e-3);
    // Bands an octave wide, of 500 and of 4000 Hz: three octaves apart.
    const fall = decibels(bandPower(noise, 16_384, 32_768) / bandPower(noise, 2048, 4096));
    assert.ok(Math.abs(fall - 3 * perOctave) < 0.5, `${colour}: ${fall} dB over three octaves`);
  }
});

test("noise is the same for the same stream, and joins onto itself", () => {
  const noise = colouredNoise("brown", new Random(1));
  assert.deepEqual(colouredNoise("brown", new Random(1)), noise);
  assert.notDeepEqual(colouredNoise("brown", new Random(2)), noise);
  const steps = noise.map((value, i) => Math.abs(value - noise[(i + 1) % noise.length]!));
  assert.ok(steps.at(-1)! <= Math.max(...steps.subarray(0, -1)));
});

test("in babble each voice is as loud as the others, however loud it was recorded", () => {
  const voices = [0.01, 1, 0.3].map((level, i) =>
    colouredNoise("white", new Random(i), 1024).map((sample) => level * sample),
  );
  const mixed = babbleOf(voices, new Random("babble"));
  assert.ok(Math.abs(power(mixed) - 3) < 0.5, `power ${power(mixed)}`);
  assert.deepEqual(babbleOf(voices, new Random("babble")), mixed);
  // White noises of one length: each is in the mix at one shift of its own, with a third of the power.
  for (const voice of voices) {
    const shifts = Array.from({ length: voice.length }, (_, shift) => shift);
    const best = Math.max(...shifts.map((shift) => correlation(mixed, rotated(voice, shift))));
    assert.ok(Math.abs(best - Math.sqrt(1 / 3)) < 0.1, `correlates by ${best}`);
  }
  assert.equal(babbleOf([voices[0]!.slice(0, 100), voices[1]!], new Random(1)).length, 1024);
  assert.ok(babbleOf([new Float32Array(50), voices[1]!], new Random(1)).every(Number.isFinite));
});

function rotated(samples: Float32Array, shift: number): Float32Array {
  return Float32Array.from(samples, (_, i) => samples[(i + shift) % samples.length]!);
}

test("a room's echoes fall by 60 dB in its time, and have their part of the energy", () => {
  for (const [seconds, directDb] of [
    [0.2, 0],
    [0.8, 12],
  ] as const) {
    const response = madeUpRoom({ seconds, directDb, sampleRate: 16_000 }, new Random(seconds));
    assert.equal(response.length, seconds * 16_000);
    assert.equal(response[0], 1);
    const echoes = response.subarray(1);
    const energy = power(echoes) * echoes.length;
    assert.ok(Math.abs(decibels(1 / energy) - directDb) < 0.01);
    // From the second to the ninth tenth of the time: 60 dB · 7 / 10.
    const tenth = response.length / 10;
    const levelOf = (part: number) => power(response.subarray(part * tenth, (part + 1) * tenth));
    const fall = decibels(levelOf(1) / levelOf(8));
    assert.ok(Math.abs(fall - 42) < 2.5, `${fall} dB`);
    assert.ok(
      response.subarray(1, 32).every((sample) => sample === 0),
      "no echo comes before 2 ms",
    );
  }
});

test("speech keeps its timing in the driest and the dampest of them", () => {
  const speech = colouredNoise("pink", new Random("speech"), 8192);
  for (const seconds of [0, 0.001, 0.5]) {
    const heard = reverberate(speech, madeUpRoom({ seconds, directDb: 0, sampleRate: 16_000 }, new Random(2)));
    assert.equal(heard.length, speech.length);
    assert.ok(correlation(heard, speech) > 0.6, `${seconds} s: ${correlation(heard, speech)}`);
  }
});
