/**
 * Noise, rooms and loudness: what the microphone of another place would have heard.
 *
 * After T. Ko et al., "A study on data augmentation of reverberant speech for robust speech recognition" (ICASSP 2017):
 * speech is convolved with a room's impulse response, shifted so that its timing stays and scaled so that its power
 * stays, and noise is added at a ratio drawn by lot. Powers are means of squares over the whole utterance, pauses
 * counted, and over the very excerpt of noise that is mixed in. The speech's power is that of the reverberated speech.
 */
import { convolve } from "./convolve.js";

type Samples = Float32Array;

export interface NoiseExcerpt {
  readonly samples: Float32Array;
  readonly snrDb: number;
  /** Where the excerpt begins, from 0 to 1 of the places where it can. */
  readonly position: number;
}

export interface AugmentOptions {
  readonly impulseResponse?: Float32Array | undefined;
  readonly noise?: NoiseExcerpt | undefined;
  /** Change of loudness in dB, at the end. Default 0. */
  readonly gainDb?: number | undefined;
}

/**
 * The utterance in a room, with noise, louder or softer; as long as it was, and the input left as it is.
 *
 * What comes out louder than full scale is made softer as a whole, to a peak of 1: it is not clipped, and the ratio of
 * speech to noise stays.
 */
export function augment(samples: Samples, { impulseResponse, noise, gainDb = 0 }: AugmentOptions): Samples {
  const inRoom = impulseResponse ? reverberate(samples, impulseResponse) : samples;
  const noisy = noise ? mixNoise(inRoom, noise) : inRoom;
  const gain = 10 ** (gainDb / 20);
  const peak = Math.abs(noisy[peakIndex(noisy)] ?? 0);
  return scaled(noisy, gain * peak > 1 ? 1 / peak : gain);
}

/** Speech as a room passes it on: the direct sound where it was, echoes after it, the power unchanged. */
export function reverberate(samples: Samples, impulseResponse: Float32Array): Samples {
  if (samples.length === 0) return samples;
  const direct = peakIndex(impulseResponse);
  const wet = convolve(samples, impulseResponse).subarray(direct, direct + samples.length);
  const [dryPower, wetPower] = [power(samples), power(wet)];
  return scaled(wet, wetPower > 0 ? Math.sqrt(dryPower / wetPower) : 0);
}

/** Speech plus noise at the given ratio; unchanged where either is silent, because then there is no ratio. */
export function mixNoise(samples: Samples, noise: NoiseExcerpt): Samples {
  const excerpt = excerptOf(noise, samples.length);
  const [speechPower, noisePower] = [power(samples), power(excerpt)];
  if (speechPower === 0 || noisePower === 0) return samples;
  const gain = Math.sqrt(speechPower / noisePower / 10 ** (noise.snrDb / 10));
  const mixed = new Float32Array(samples.length);
  for (let i = 0; i < mixed.length; i++) mixed[i] = (samples[i] as number) + gain * (excerpt[i] as number);
  return mixed;
}

/** So much of a recording as is wanted: from within it where it is longer, else from anywhere in it, round and round. */
export function excerptOf(
  { samples, position }: Pick<NoiseExcerpt, "samples" | "position">,
  length: number,
): Float32Array {
  const { length: available } = samples;
  if (available >= length) {
    const start = Math.floor(position * (available - length + 1));
    return samples.subarray(start, start + length);
  }
  const start = Math.floor(position * available);
  return Float32Array.from({ length }, (_, i) => samples[(start + i) % available] as number);
}

/** Mean of squares; 0 for nothing. */
export function power(samples: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2;
  return samples.length === 0 ? 0 : sum / samples.length;
}

function peakIndex(samples: Float32Array): number {
  let [index, peak] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const magnitude = Math.abs(samples[i] as number);
    if (magnitude > peak) [index, peak] = [i, magnitude];
  }
  return index;
}

function scaled(samples: Float32Array | Float64Array, factor: number): Samples {
  const result = new Float32Array(samples.length);
  for (let i = 0; i < result.length; i++) result[i] = (samples[i] as number) * factor;
  return result;
}
