/**
 * What is drawn of a sound: for each eightieth of a second its least and greatest sample, and its log-mel spectrum. They
 * grow as sound comes, and are made a few milliseconds at a time, so that the page stays free.
 */
import { PowerSpectrum } from "./fourier.js";

export const COLUMNS_PER_SECOND = 80;
export const NUM_BANDS = 64;
const WINDOW_SECONDS = 0.025;
const HIGHEST_HERTZ = 8000;
/** Powers from 10^-8 to 10^2 of a full-scale sound are told apart. */
const FLOOR = -6.5;
const CEILING = 2;
const BUSY_MILLISECONDS = 8;

const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);

export class Columns {
  readonly #hop: number;
  readonly #size: number;
  readonly #spectrum: PowerSpectrum;
  readonly #bandOf: Int16Array;
  #samples = new Float32Array(1 << 16);
  #numSamples = 0;
  count = 0;
  /** Least and greatest, in turn. */
  peaks = new Float32Array(2 << 12);
  /** NUM_BANDS values a column, from 0 to 255, lowest band first. */
  bands = new Uint8Array(NUM_BANDS << 12);

  constructor(readonly sampleRate: number) {
    this.#hop = sampleRate / COLUMNS_PER_SECOND;
    this.#size = 2 ** Math.ceil(Math.log2(WINDOW_SECONDS * sampleRate));
    this.#spectrum = new PowerSpectrum(this.#size);
    const most = mel(Math.min(HIGHEST_HERTZ, sampleRate / 2));
    this.#bandOf = Int16Array.from({ length: this.#size / 2 }, (_, bin) => {
      const band = Math.floor((NUM_BANDS * mel((bin * sampleRate) / this.#size)) / most);
      return band < NUM_BANDS ? band : -1;
    });
  }

  get seconds(): number {
    return this.count / COLUMNS_PER_SECOND;
  }

  /** Takes sound, without drawing from it yet. */
  push(samples: Float32Array): void {
    const need = this.#numSamples + samples.length;
    if (need > this.#samples.length) this.#samples = grown(this.#samples, need);
    this.#samples.set(samples, this.#numSamples);
    this.#numSamples = need;
  }

  /** Makes columns of what came, for some milliseconds; false when all are made. */
  work(): boolean {
    const until = performance.now() + BUSY_MILLISECONDS;
    while (Math.round((this.count + 1) * this.#hop) <= this.#numSamples) {
      this.#addColumn();
      if (performance.now() > until) return true;
    }
    return false;
  }

  #addColumn(): void {
    if (2 * this.count + 2 > this.peaks.length) {
      this.peaks = grown(this.peaks, 2 * this.count + 2);
      this.bands = grown(this.bands, NUM_BANDS * (this.count + 1));
    }
    const start = Math.round(this.count * this.#hop);
    const end = Math.round((this.count + 1) * this.#hop);
    let [least, greatest] = [0, 0];
    for (let i = start; i < end; i++) {
      const sample = this.#samples[i] as number;
      if (sample < least) least = sample;
      if (sample > greatest) greatest = sample;
    }
    this.peaks[2 * this.count] = least;
    this.peaks[2 * this.count + 1] = greatest;
    const middle = (start + end) / 2;
    const sound = this.#samples.subarray(0, this.#numSamples);
    this.#addBands(this.#spectrum.of(sound, Math.round(middle - this.#size / 2)));
    this.count += 1;
  }

  #addBands(power: Float64Array): void {
    const [sums, counts] = [new Float64Array(NUM_BANDS), new Uint16Array(NUM_BANDS)];
    for (const [bin, value] of power.entries()) {
      const band = this.#bandOf[bin] as number;
      if (band < 0) continue;
      sums[band] = (sums[band] as number) + value;
      counts[band] = (counts[band] as number) + 1;
    }
    let last = 0;
    for (let band = 0; band < NUM_BANDS; band++) {
      // Low bands are narrower than a bin: such a one has its neighbour's.
      if (counts[band]) last = (sums[band] as number) / (counts[band] as number);
      const level = (Math.log10(last + 1e-12) - FLOOR) / (CEILING - FLOOR);
      this.bands[this.count * NUM_BANDS + band] = 255 * Math.max(0, Math.min(1, level));
    }
  }
}

function grown<T extends Float32Array | Uint8Array>(array: T, need: number): T {
  const Kind = array.constructor as new (length: number) => T;
  const larger = new Kind(2 * need);
  larger.set(array as never);
  return larger;
}
