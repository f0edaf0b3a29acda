import assert from "node:assert/strict";
import { test } from "node:test";
import { changeSpeed, Resampler, resample } from "./resample.js";

function sine(numSamples: number, sampleRate: number, hertz: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: numSamples }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / sampleRate));
}

/** Error power against a sine's own, in dB, away from the ends, where the sine begins and stops. */
function errorDecibels(actual: Float32Array, expected: (i: number) => number): number {
  let error = 0;
  const edge = 1000;
  for (let i = edge; i < actual.length - edge; i++) error += ((actual[i] as number) - expected(i)) ** 2;
  return 10 * Math.log10(error / (actual.length - 2 * edge) / 0.5);
}

for (const [from, to] of [
  [44_100, 16_000],
  [48_000, 16_000],
  [22_050, 16_000],
  [8_000, 16_000],
  [17_600, 16_000],
  [14_400, 16_000],
  [44_101, 16_000],
  [191_999, 16_000],
  [16_001, 16_000],
  [7_993, 16_000],
] as const) {
  test(`a sine at ${from} Hz is the same sine at ${to} Hz`, () => {
    const highest = 0.85 * (Math.min(from, to) / 2);
    for (const hertz of [50, 440, 1000, 3000, highest]) {
      if (hertz > highest) continue;
      const output = resample(sine(from, from, hertz), from, to);
      assert.equal(output.length, to);
      const error = errorDecibels(output, (i) => Math.sin((2 * Math.PI * hertz * i) / to));
      assert.ok(error < -80, `${hertz} Hz: error ${error.toFixed(1)} dB`);
    }
  });
}

test("what lies above the new Nyquist frequency does not come back as an alias", () => {
  for (const hertz of [8_200, 9_000, 15_000, 21_000]) {
    const level = errorDecibels(resample(sine(44_100, 44_100, hertz), 44_100, 16_000), () => 0);
    assert.ok(level < -75, `${hertz} Hz: alias at ${level.toFixed(1)} dB`);
  }
});

test("a constant stays itself, and lengths are rounded up", () => {
  const output = resample(new Float32Array(1001).fill(0.5), 44_100, 16_000);
  assert.equal(output.length, Math.ceil((1001 * 160) / 441));
  for (const sample of output.subarray(100, -100)) assert.ok(Math.abs(sample - 0.5) < 1e-6);
  assert.equal(resample(new Float32Array(0), 44_100, 16_000).length, 0);
  assert.equal(resample(new Float32Array(1), 8_000, 16_000).length, 2);
});

test("rates without a common divisor need no more memory than others", () => {
  const before = process.memoryUsage().arrayBuffers;
  assert.ok(new Resampler(191_993, 16_000));
  const megabytes = (process.memoryUsage().arrayBuffers - before) / 2 ** 20;
  assert.ok(megabytes < 4, `${megabytes.toFixed(1)} MiB`);
});

test("time does not drift over ten minutes", () => {
  const seconds = 600;
  const output = resample(sine(seconds * 11_025, 11_025, 100), 11_025, 16_000);
  const error = errorDecibels(output.subarray(-16_000), (i) => Math.sin((2 * Math.PI * 100 * i) / 16_000));
  assert.ok(error < -80, `error ${error.toFixed(1)} dB`);
});

test("faster is shorter and higher", () => {
  const faster = changeSpeed(sine(16_000, 16_000, 1000), 16_000, 1.1);
  assert.equal(faster.length, Math.ceil(16_000 / 1.1));
  assert.ok(errorDecibels(faster, (i) => Math.sin((2 * Math.PI * 1100 * i) / 16_000)) < -80);
  const same = sine(100, 16_000, 1000);
  assert.equal(changeSpeed(same, 16_000, 1), same);
});

test("rates that are no whole numbers are refused", () => {
  const message = "resample: fromRate is 44100.5, expected a whole number of samples a second, 1 or more";
  assert.throws(() => resample(new Float32Array(1), 44_100.5, 16_000), { name: "RangeError", message });
  assert.throws(() => resample(new Float32Array(1), 16_000, 0), { name: "RangeError" });
});

for (const [from, to] of [
  [44_100, 16_000],
  [8_000, 16_000],
  [16_000, 16_000],
  [44_101, 16_000],
] as const) {
  test(`${from} Hz in pieces comes out at ${to} Hz as it does in one`, () => {
    const input = sine(20_011, from, 440);
    const whole = resample(input, from, to);
    for (const size of [1, 7, 160, 4096, 20_011]) {
      const resampler = new Resampler(from, to);
      const parts: number[] = [];
      for (let at = 0; at < input.length; at += size) parts.push(...resampler.push(input.subarray(at, at + size)));
      parts.push(...resampler.end());
      assert.deepEqual(Float32Array.from(parts), whole);
    }
  });
}
