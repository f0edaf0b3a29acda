import assert from "node:assert/strict";
import { test } from "node:test";
import { loadWaveform } from "../audio/waveform.js";
import { audioFixture, correlation } from "../fixtures.test.support.js";
import { power } from "./augment.js";
import { changeTempo } from "./change-tempo.js";
import { fft } from "./fft.js";

const { samples: speech } = await loadWaveform(audioFixture("speech-16k.flac"));
const FACTORS = [0.8, 0.9, 1.1, 1.25];

function sine(hertz: number, length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / 16_000));
}

/** The frequency of the highest peak in the spectrum, away from the ends. */
function pitchOf(samples: Float32Array): number {
  const size = 8192;
  const spectrum = { re: Float64Array.from(samples.subarray(1000, 1000 + size)), im: new Float64Array(size) };
  fft(spectrum);
  const powers = Array.from({ length: size / 2 }, (_, bin) => spectrum.re[bin]! ** 2 + spectrum.im[bin]! ** 2);
  return (powers.indexOf(Math.max(...powers)) * 16_000) / size;
}

test("the length changes and the pitch stays", () => {
  for (const factor of FACTORS) {
    for (const hertz of [110, 440, 1800]) {
      const changed = changeTempo(sine(hertz, 16_000), 16_000, factor);
      assert.equal(changed.length, Math.round(16_000 / factor));
      assert.ok(Math.abs(pitchOf(changed) - hertz) < 2.5, `${hertz} Hz, ${factor}: ${pitchOf(changed)} Hz`);
      const middle = changed.subarray(2000, 10_000);
      assert.ok(Math.abs(power(middle) - 0.125) < 0.004, `${hertz} Hz, ${factor}: power ${power(middle)}`);
    }
  }
});

test("what is said when moves in proportion", () => {
  const envelope = (samples: Float32Array, frames: number) =>
    Float32Array.from({ length: frames }, (_, i) => {
      const [from, to] = [i, i + 1].map((edge) => Math.floor((edge * samples.length) / frames));
      return Math.sqrt(power(samples.subarray(from, to)));
    });
  const frames = Math.floor(speech.length / 800);
  for (const factor of FACTORS) {
    const changed = changeTempo(speech, 16_000, factor);
    const likeness = correlation(envelope(changed, frames), envelope(speech, frames));
    assert.ok(likeness > 0.95, `${factor}: envelopes correlate by ${likeness}`);
    assert.ok(Math.abs(power(changed) / power(speech) - 1) < 0.1);
  }
});

test("a factor of 1 is the recording itself, and any other leaves it as it is", () => {
  assert.equal(changeTempo(speech, 16_000, 1), speech);
  const copy = speech.slice();
  changeTempo(speech, 16_000, 0.9);
  assert.deepEqual(speech, copy);
});

test("recordings shorter than a piece, silent ones and other sample rates are no trouble", () => {
  for (const length of [0, 1, 10, 399, 401]) {
    const changed = changeTempo(sine(300, length), 16_000, 0.8);
    assert.equal(changed.length, Math.round(length / 0.8));
    assert.ok(changed.every(Number.isFinite));
  }
  assert.ok(changeTempo(new Float32Array(4000), 16_000, 1.2).every((sample) => sample === 0));
  assert.equal(changeTempo(sine(300, 8000), 8000, 1.25).length, 6400);
});
