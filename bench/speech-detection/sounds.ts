/** Sound that is or holds no speech, made up; and what telephones, noise and whispering make of speech. */
import { Random, resample } from "@deepspeech-ts/toolkit/data";

export type Samples = Float32Array<ArrayBuffer>;
export const RATE = 16_000;

export function silence(seconds: number): Samples {
  return new Float32Array(Math.round(seconds * RATE));
}

export function joined(parts: readonly Float32Array[]): Samples {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Mean power. */
export function powerOf(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
}

/** At a level in decibels relative to full scale. */
export function atLevel(samples: Samples, decibels: number): Samples {
  const gain = Math.sqrt(10 ** (decibels / 10) / powerOf(samples));
  return samples.map((sample) => gain * sample);
}

export function mixed(a: Float32Array, b: Float32Array): Samples {
  return Float32Array.from(a, (sample, i) => sample + b[i % b.length]!);
}

export function whiteNoise(seconds: number): Samples {
  const random = new Random(1);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return silence(seconds).map(gaussian);
}

/** Three decibels less an octave, of white noise through P. Kellett's filter ("economy" version, musicdsp.org no. 76). */
export function pinkNoise(seconds: number): Samples {
  let [a, b, c] = [0, 0, 0];
  return whiteNoise(seconds).map((white) => {
    a = 0.99765 * a + white * 0.099046;
    b = 0.963 * b + white * 0.2965164;
    c = 0.57 * c + white * 1.0526913;
    return a + b + c + white * 0.1848;
  });
}

/** Six decibels less an octave: wind and rumble. */
export function brownNoise(seconds: number): Samples {
  let level = 0;
  return whiteNoise(seconds).map((white) => {
    level = 0.998 * level + white;
    return level;
  });
}

/** Many voices at once, each at a pitch and pace of its own. */
export function babble(seconds: number, voices: readonly Samples[]): Samples {
  const sum = silence(seconds);
  for (const [i, voice] of voices.entries()) {
    const other = atLevel(resample(voice, RATE, Math.round(RATE * (0.8 + (0.45 * i) / voices.length))), -20);
    for (let at = 0; at < sum.length; at++) sum[at]! += other[(at + i * 7919) % other.length]!;
  }
  return sum;
}

export function hum(seconds: number, hertz: number): Samples {
  const part = (i: number, harmonic: number) => Math.sin((2 * Math.PI * hertz * harmonic * i) / RATE) / harmonic;
  return silence(seconds).map((_, i) => part(i, 1) + part(i, 3) + part(i, 5));
}

/** Half a second of noise, a second and a half of silence, over and over. */
export function bursts(seconds: number): Samples {
  return whiteNoise(seconds).map((sample, i) => (i % (2 * RATE) < RATE / 2 ? sample : 0));
}

/** Clicks at random moments, as of keys and switches, a few a second. */
export function clicks(seconds: number): Samples {
  const random = new Random(3);
  const samples = silence(seconds);
  for (let at = 3000; at < samples.length - 80; at += 3000 + random.integer(9000)) {
    for (let i = 0; i < 80; i++) samples[at + i]! += (random.next() - 0.5) * Math.exp(-i / 20);
  }
  return samples;
}

/** Chords of four beats and a melody over them, on plucked strings of eight harmonics; with drums where asked for. */
export function music(seconds: number, { drums }: { drums: boolean }): Samples {
  const random = new Random(5);
  const samples = silence(seconds);
  const chords = [
    [0, 4, 7],
    [9, 12, 16],
    [5, 9, 12],
    [7, 11, 14],
  ];
  const hertz = (semitones: number) => 220 * 2 ** (semitones / 12);
  const beat = 0.5;
  for (let i = 0; i * beat < seconds; i++) {
    const chord = chords[Math.floor(i / 4) % chords.length]!;
    if (i % 4 === 0)
      for (const tone of chord) pluck(samples, { start: i * beat, hertz: hertz(tone), decay: 2, gain: 0.3 });
    for (const half of random.next() < 0.4 ? [0, beat / 2] : [0]) {
      const tone = chord[random.integer(3)]! + 12;
      pluck(samples, { start: i * beat + half, hertz: hertz(tone), decay: 0.4, gain: 1 });
    }
    if (drums) drum(samples, i * beat, random);
  }
  return samples;
}

interface Tone {
  readonly start: number;
  readonly hertz: number;
  /** Seconds in which it falls to a third. */
  readonly decay: number;
  readonly gain: number;
}

function pluck(samples: Samples, { start, hertz, decay, gain }: Tone): void {
  const first = Math.round(start * RATE);
  const length = Math.min(samples.length - first, Math.round(4 * decay * RATE));
  for (let i = 0; i < length; i++) {
    const envelope = gain * Math.min(1, i / 80) * Math.exp(-i / (decay * RATE));
    for (let harmonic = 1; harmonic <= 8; harmonic++) {
      samples[first + i]! += (envelope / harmonic) * Math.sin((2 * Math.PI * hertz * harmonic * i) / RATE);
    }
  }
}

function drum(samples: Samples, start: number, random: Random): void {
  const first = Math.round(start * RATE);
  for (let i = 0; i < Math.min(samples.length - first, 0.12 * RATE); i++) {
    samples[first + i]! += 2 * (random.next() - 0.5) * Math.exp(-i / (0.03 * RATE));
  }
}

/** A telephone's band, 300 to 3400 Hz, in mu-law of 8 bits (ITU-T G.711). */
export function telephone(samples: Samples): Samples {
  const high = biquad(biquad(samples, "high", 300), "high", 300);
  const narrow = resample(biquad(biquad(high, "low", 3400), "low", 3400), RATE, 8000);
  const mu = 255;
  const coded = narrow.map((sample) => {
    const value = Math.sign(sample) * (Math.log1p(mu * Math.min(1, Math.abs(sample))) / Math.log1p(mu));
    const rounded = Math.round(value * 127) / 127;
    return Math.sign(rounded) * (Math.expm1(Math.abs(rounded) * Math.log1p(mu)) / mu);
  });
  return resample(coded, 8000, RATE);
}

/** Second order, Butterworth (R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filters"). */
function biquad(samples: Samples, kind: "low" | "high", hertz: number): Samples {
  const omega = (2 * Math.PI * hertz) / RATE;
  const alpha = Math.sin(omega) / Math.SQRT2;
  const sign = kind === "low" ? -1 : 1;
  const b = (1 + sign * Math.cos(omega)) / 2 / (1 + alpha);
  const [a1, a2] = [(-2 * Math.cos(omega)) / (1 + alpha), (1 - alpha) / (1 + alpha)];
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = b * (x - sign * 2 * x1 + x2) - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

const LPC_ORDER = 18;
const LPC_FRAME = 400;
const LPC_HOP = 200;

/**
 * A whisper, nearly: the voice's filter (linear prediction, order 18, frames of 25 ms) with noise in the place of the
 * vocal folds, and without the lowest sounds, 15 dB softer. True whisperers also raise their formants.
 */
export function whisper(samples: Samples): Samples {
  const noise = whiteNoise(samples.length / RATE + 1);
  const sum = new Float32Array(samples.length);
  const window = Float32Array.from(
    { length: LPC_FRAME },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / LPC_FRAME),
  );
  for (let at = 0; at + LPC_FRAME <= samples.length; at += LPC_HOP) {
    const frame = window.map((weight, i) => weight * samples[at + i]!);
    const { filter, gain } = linearPrediction(frame);
    const out = new Float32Array(LPC_FRAME);
    for (let i = 0; i < LPC_FRAME; i++) {
      let y = gain * noise[at + i]!;
      for (let k = 1; k <= Math.min(i, LPC_ORDER); k++) y -= filter[k]! * out[i - k]!;
      out[i] = y;
      sum[at + i]! += window[i]! * y;
    }
  }
  return biquad(sum, "high", 400).map((sample) => sample * 10 ** (-15 / 20));
}

/** Levinson and Durbin's recursion; `gain` is the deviation of the residual. */
function linearPrediction(frame: Float32Array): { filter: Float64Array; gain: number } {
  const r = Array.from({ length: LPC_ORDER + 1 }, (_, lag) =>
    frame.reduce((sum, sample, i) => sum + (i >= lag ? sample * frame[i - lag]! : 0), 0),
  );
  let filter = new Float64Array(LPC_ORDER + 1);
  filter[0] = 1;
  let error = r[0]! * 1.0001 + 1e-9;
  for (let order = 1; order <= LPC_ORDER; order++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += filter[k]! * r[order - k]!;
    const reflection = -sum / error;
    const next = filter.slice();
    for (let k = 1; k <= order; k++) next[k] = filter[k]! + reflection * filter[order - k]!;
    filter = next;
    error *= 1 - reflection * reflection;
  }
  return { filter, gain: Math.sqrt(error / frame.length) };
}
