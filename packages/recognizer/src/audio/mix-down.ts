/**
 * Several channels into one: their mean, but for a channel that is the opposite of the others, as a cable with its wires
 * exchanged makes it. In a plain mean the two would cancel, and nothing be left of the speech.
 *
 * Whether a channel is turned over is decided for blocks of a fixed length, by its correlation with the channels before
 * it over this block and, less and less, those before. So the result does not depend on how the sound was cut into pieces.
 * They are compared where speech is (speech-band.ts): an offset or a hum that is opposite says nothing of the speech.
 */
import { bandStep, SpeechBand } from "./speech-band.js";

/** A tenth of a second. */
const BLOCK_STEPS = 800;
/** Of what was summed before, so much counts in the next block: a few seconds are remembered. */
const MEMORY = 0.97;
/**
 * Below it, most of two channels would cancel. Channels that hear one voice from two places are above it, unless these are
 * so far apart that its strongest tones meet half a wave late; then the difference keeps more of it than the sum, too.
 */
const OPPOSITE = -0.5;

type Samples = Float32Array<ArrayBuffer>;

/** Sums over the samples so far: products of a channel with the mix before it, and their squares. */
interface Correlation {
  cross: number;
  channel: number;
  mix: number;
}

/** The mean of the channels: [channels][n] → [n]. @param sampleRate samples a second */
export function mixDown(channels: readonly Samples[], sampleRate: number): Samples {
  const [first, ...others] = channels;
  if (!first) throw new RangeError("mixDown: there are no channels");
  if (others.length === 0) return first;
  const mixer = new Mixer(sampleRate);
  const [start, rest] = [mixer.push(channels), mixer.end()];
  const mix = new Float32Array(first.length);
  mix.set(start);
  mix.set(rest, start.length);
  return mix;
}

/** `mixDown` for sound that arrives in pieces: what `push` and then `end` give, put together, is the same. */
export class Mixer {
  /** Less than a block. */
  #waiting: readonly Samples[] = [];
  readonly #blockSamples: number;
  readonly #bands: [first: SpeechBand, ...others: SpeechBand[]];
  readonly #correlations: Correlation[] = [];
  /** Squares of the first channel, summed as correlations are. */
  #energy = 0;

  /** @param sampleRate samples a second */
  constructor(sampleRate: number) {
    this.#blockSamples = BLOCK_STEPS * bandStep(sampleRate);
    this.#bands = [new SpeechBand(sampleRate)];
  }

  /** A piece may have fewer channels than another, which are then alike. */
  push(channels: readonly Samples[]): Samples {
    const input = this.#withWaiting(channels);
    const length = input[0]?.length ?? 0;
    const whole = length - (length % this.#blockSamples);
    this.#waiting = input.map((channel) => channel.slice(whole));
    return this.#mix(input, whole);
  }

  end(): Samples {
    const rest = this.#waiting;
    this.#waiting = [];
    return this.#mix(rest, rest[0]?.length ?? 0);
  }

  #withWaiting(channels: readonly Samples[]): Samples[] {
    const waiting = this.#waiting;
    const numChannels = Math.max(channels.length, waiting.length, this.#correlations.length + 1);
    const waitingLength = waiting[0]?.length ?? 0;
    return Array.from({ length: numChannels }, (_, index) => {
      const channel = (channels[index] ?? channels[0]) as Samples;
      const joined = new Float32Array(waitingLength + channel.length);
      if (waitingLength > 0) joined.set((waiting[index] ?? waiting[0]) as Samples);
      joined.set(channel, waitingLength);
      return joined;
    });
  }

  #mix(channels: readonly Samples[], length: number): Samples {
    const mix = new Float32Array(length);
    for (let start = 0; start < length; start += this.#blockSamples) {
      const end = Math.min(length, start + this.#blockSamples);
      this.#mixBlock(
        channels.map((channel) => channel.subarray(start, end)),
        mix.subarray(start, end),
      );
    }
    return mix;
  }

  #mixBlock([first, ...others]: readonly Samples[], mix: Samples): void {
    mix.set(first as Samples);
    const [firstBand] = this.#bands;
    // A channel that was not there before was like the first.
    for (const index of others.keys()) this.#bands[index + 1] ??= firstBand.copy();
    const mixBand = firstBand.push(first as Samples);
    const energy = this.#energy;
    this.#energy = MEMORY * energy + sumOfProducts(mixBand, mixBand);
    for (const [index, channel] of others.entries()) {
      const before = index + 1;
      this.#correlations[index] ??= { cross: before * energy, channel: energy, mix: before * before * energy };
      const correlation = this.#correlations[index];
      const band = (this.#bands[index + 1] as SpeechBand).push(channel);
      addBlock(correlation, band, mixBand);
      const isOpposite = correlation.cross < OPPOSITE * Math.sqrt(correlation.channel * correlation.mix);
      const sign = isOpposite ? -1 : 1;
      add(mix, sign, channel);
      add(mixBand, sign, band);
    }
    const numChannels = others.length + 1;
    if (numChannels > 1) for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) / numChannels;
  }
}

function add(sum: Samples, sign: number, samples: Samples): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + sign * (samples[i] as number);
}

function addBlock(correlation: Correlation, channel: Samples, mix: Samples): void {
  correlation.cross = MEMORY * correlation.cross + sumOfProducts(channel, mix);
  correlation.channel = MEMORY * correlation.channel + sumOfProducts(channel, channel);
  correlation.mix = MEMORY * correlation.mix + sumOfProducts(mix, mix);
}

function sumOfProducts(a: Samples, b: Samples): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
