/**
 * Several channels into one: their mean, but for a channel that is the opposite of the others, as a cable with its wires
 * exchanged makes it. In a plain mean the two would cancel, and nothing be left of the speech.
 *
 * Whether a channel is turned over is decided for blocks of a fixed length, by its correlation with the channels before
 * it over this block and, less and less, those before. So the result does not depend on how the sound was cut into pieces.
 */

const BLOCK_SAMPLES = 4096;
/** Of what was summed before, so much counts in the next block: a few seconds are remembered. */
const MEMORY = 0.95;
/** Channels that differ by place and noise alone have correlations above it. */
const OPPOSITE = -0.5;

type Samples = Float32Array<ArrayBuffer>;

/** Sums over the samples so far: products of a channel with the mix before it, and their squares. */
interface Correlation {
  cross: number;
  channel: number;
  mix: number;
}

/** The mean of the channels: [channels][n] → [n]. */
export function mixDown(channels: readonly Samples[]): Samples {
  const [first, ...others] = channels;
  if (!first) throw new RangeError("mixDown: there are no channels");
  if (others.length === 0) return first;
  const mixer = new Mixer();
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
  readonly #correlations: Correlation[] = [];
  /** Squares of the first channel, summed as correlations are. */
  #energy = 0;

  /** A piece may have fewer channels than another, which are then alike. */
  push(channels: readonly Samples[]): Samples {
    const input = this.#withWaiting(channels);
    const length = input[0]?.length ?? 0;
    const whole = length - (length % BLOCK_SAMPLES);
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
    for (let start = 0; start < length; start += BLOCK_SAMPLES) {
      const end = Math.min(length, start + BLOCK_SAMPLES);
      this.#mixBlock(
        channels.map((channel) => channel.subarray(start, end)),
        mix.subarray(start, end),
      );
    }
    return mix;
  }

  #mixBlock([first, ...others]: readonly Samples[], mix: Samples): void {
    mix.set(first as Samples);
    const energy = this.#energy;
    this.#energy = MEMORY * energy + sumOfProducts(mix, mix);
    for (const [index, channel] of others.entries()) {
      // A channel that was not there before was like the first.
      const before = index + 1;
      this.#correlations[index] ??= { cross: before * energy, channel: energy, mix: before * before * energy };
      const correlation = this.#correlations[index];
      addBlock(correlation, channel, mix);
      const isOpposite = correlation.cross < OPPOSITE * Math.sqrt(correlation.channel * correlation.mix);
      const sign = isOpposite ? -1 : 1;
      for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) + sign * (channel[i] as number);
    }
    const numChannels = others.length + 1;
    if (numChannels > 1) for (let i = 0; i < mix.length; i++) mix[i] = (mix[i] as number) / numChannels;
  }
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
