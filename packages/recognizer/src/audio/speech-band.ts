/**
 * A channel as it is where speech is and little else: without offset and hum, which may be far stronger than the speech, and
 * without most of the hiss. It is to be measured and not heard: samples are averaged to some 8 kHz, which costs little, and
 * a Butterworth high-pass of the fourth order takes away what is below 300 Hz.
 */

const BAND_RATE = 8000;
const LEAST_HERTZ = 300;
/** Of the two second-order sections that a Butterworth filter of the fourth order is made of. */
const QUALITIES = [0.5412, 1.3066] as const;

type Samples = Float32Array<ArrayBuffer>;

/** How many samples become one. @param sampleRate samples a second of the channel */
export function bandStep(sampleRate: number): number {
  return Math.max(1, Math.round(sampleRate / BAND_RATE));
}

/** Of a second-order section, from R. Bristow-Johnson's "Audio EQ Cookbook". */
interface Coefficients {
  readonly b: number;
  readonly a1: number;
  readonly a2: number;
}

/** The band of one channel, piece by piece. */
export class SpeechBand {
  readonly #sampleRate: number;
  readonly #step: number;
  readonly #sections: readonly Coefficients[];
  /** Two numbers of each section. */
  #state = new Float64Array(2 * QUALITIES.length);
  /** The first value: an offset is there from the beginning on, and no sound that begins. */
  #offset: number | undefined;

  /** @param sampleRate samples a second of the channel */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#step = bandStep(sampleRate);
    // A rate of 1 kHz has nothing above 500 Hz.
    const turn = Math.min(Math.PI / 2, (2 * Math.PI * LEAST_HERTZ * this.#step) / sampleRate);
    this.#sections = QUALITIES.map((quality) => highPass(turn, quality));
  }

  /** Another that goes on from here, on its own. */
  copy(): SpeechBand {
    const copy = new SpeechBand(this.#sampleRate);
    copy.#state = this.#state.slice();
    copy.#offset = this.#offset;
    return copy;
  }

  /** [n] → [n / bandStep], rounded down: pieces are of whole steps, but for the last. */
  push(samples: Samples): Samples {
    const band = new Float32Array(Math.floor(samples.length / this.#step));
    for (let i = 0; i < band.length; i++) {
      let sum = 0;
      for (let at = i * this.#step; at < (i + 1) * this.#step; at++) sum += samples[at] as number;
      this.#offset ??= sum;
      band[i] = this.#filter((sum - this.#offset) / this.#step);
    }
    return band;
  }

  #filter(input: number): number {
    const state = this.#state;
    let value = input;
    for (const [index, { b, a1, a2 }] of this.#sections.entries()) {
      const at = 2 * index;
      const output = b * value + (state[at] as number);
      state[at] = -2 * b * value - a1 * output + (state[at + 1] as number);
      state[at + 1] = b * value - a2 * output;
      value = output;
    }
    return value;
  }
}

/** @param turn the limit, in radians a sample */
function highPass(turn: number, quality: number): Coefficients {
  const alpha = Math.sin(turn) / (2 * quality);
  const scale = 1 + alpha;
  return { b: (1 + Math.cos(turn)) / (2 * scale), a1: (-2 * Math.cos(turn)) / scale, a2: (1 - alpha) / scale };
}
