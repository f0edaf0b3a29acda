/**
 * Noises and rooms where no recordings of any are at hand. What is made depends on the stream of random numbers alone.
 */
import type { Random } from "../random.js";
import { excerptOf, power } from "./augment.js";
import { inverseFft } from "./fft.js";

type Samples = Float32Array<ArrayBuffer>;

/** How fast the power of a noise falls with frequency: as 1 / f to this. */
const SLOPES = { white: 0, pink: 1, brown: 2 } as const;

export type NoiseColour = keyof typeof SLOPES;

/** Below this part of the sample rate the power stays: 20 Hz of 16 kHz. Brown noise would be nothing but rumble. */
const LOWEST_FREQUENCY = 1 / 800;

/** Four seconds at 16 kHz; its end joins its beginning. */
const NOISE_SAMPLES = 2 ** 16;

/** Gaussian noise of a colour: a spectrum of that slope with random phases, brought to time. */
export function colouredNoise(colour: NoiseColour, random: Random, length = NOISE_SAMPLES): Samples {
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  for (let bin = 1; bin < length / 2; bin++) {
    const frequency = Math.max(bin / length, LOWEST_FREQUENCY);
    const amplitude = frequency ** (-SLOPES[colour] / 2);
    re[bin] = amplitude * gaussian(random);
    im[bin] = amplitude * gaussian(random);
  }
  inverseFft({ re, im });
  const level = Math.sqrt(power(re));
  return Float32Array.from(re, (sample) => sample / level);
}

/** Several people at once, each as loud as the others, from a place in what they say that is drawn; as long as the longest. */
export function babbleOf(voices: readonly Float32Array[], random: Random): Samples {
  const mixed = new Float32Array(Math.max(...voices.map(({ length }) => length)));
  for (const samples of voices) {
    const excerpt = excerptOf({ samples, position: random.next() }, mixed.length);
    const level = Math.sqrt(power(excerpt));
    if (level === 0) continue;
    for (let i = 0; i < mixed.length; i++) mixed[i]! += excerpt[i]! / level;
  }
  return mixed;
}

export interface RoomOptions {
  /** In which echoes fall by 60 dB; at least 0.05, below which the first echo would be as loud as the direct sound. */
  seconds: number;
  /** Energy of the direct sound over that of all echoes, in dB: how near the speaker stands. */
  directDb: number;
  sampleRate: number;
}

/** The first echo comes so long after the direct sound, at least and at most. */
const FIRST_ECHO_SECONDS = [0.002, 0.01] as const;
const LEAST_ROOM_SECONDS = 0.05;

/**
 * A room's impulse response: the direct sound, then Gaussian noise that dies away exponentially (J.-D. Polack's model of 1988).
 */
export function madeUpRoom({ seconds, directDb, sampleRate }: RoomOptions, random: Random): Samples {
  const [earliest, latest] = FIRST_ECHO_SECONDS;
  const first = Math.round((earliest + (latest - earliest) * random.next()) * sampleRate);
  const length = Math.round(Math.max(LEAST_ROOM_SECONDS, seconds) * sampleRate);
  const response = new Float32Array(length);
  for (let i = first; i < length; i++) response[i] = gaussian(random) * 10 ** ((-3 * i) / length);
  const energy = power(response) * length;
  const gain = Math.sqrt(10 ** (-directDb / 10) / energy);
  for (let i = first; i < length; i++) response[i]! *= gain;
  response[0] = 1;
  return response;
}

/** A number of the normal distribution (Box and Muller 1958). */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
