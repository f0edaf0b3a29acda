/**
 * Sample rate conversion, exact in time and the same on every machine.
 *
 * Band-limited interpolation after J. O. Smith, "Digital Audio Resampling"
 * (https://ccrma.stanford.edu/~jos/resample/), in its polyphase form: for a rate change of L/M in lowest terms, each
 * output sample is the product of the input around it with one of L precomputed rows of a Kaiser-windowed sinc; where L
 * is very large, it is interpolated between two of fewer rows.
 * A sine below 0.85 of the lower Nyquist frequency comes out with errors below -80 dB; aliases lie below -75 dB.
 * In one call or piece by piece, the output is the same to the bit. Changing speed runs at some 3,500 times real time on
 * one core, 44.1 kHz to 16 kHz at some 1,600.
 */
import { convolve, type Place, type PolyphaseFilter, reachOf, TAPS_TOGETHER } from "./polyphase.js";

/** Zero crossings of the sinc on each side. More gives a steeper filter and costs more. */
const ZERO_CROSSINGS = 32;
/** The shape of the Kaiser window: 8 puts the stop band at about -80 dB. */
const KAISER_BETA = 8;
/** The cut-off, as a part of the lower Nyquist frequency; the rest is room for the filter's slope. */
const ROLLOFF = 0.94;
/**
 * Rates with no great common divisor would take a row for each of thousands of phases. Where there would be more
 * coefficients, rows stand for fewer phases, and outputs between them are interpolated, with errors below -90 dB.
 */
const MAX_COEFFICIENTS = 300_000;
const INTERPOLATED_PHASES = 256;
/** Filters are kept; a corpus has few sample rates, and speed perturbation few factors. 16 MB of them. */
const MAX_KEPT_COEFFICIENTS = 4_000_000;

const filters = new Map<string, PolyphaseFilter>();

/**
 * Converts samples [n] at `fromRate` into samples [ceil(n * toRate / fromRate)] at `toRate`.
 *
 * Also changes speed: resampling from 1.1 times the rate plays 1.1 times as fast, and as much higher.
 * @param fromRate samples a second, a positive whole number; so is `toRate`.
 */
export function resample<Kind extends ArrayBufferLike>(
  samples: Float32Array<Kind>,
  fromRate: number,
  toRate: number,
): Float32Array<Kind | ArrayBuffer> {
  checkRate("fromRate", fromRate);
  checkRate("toRate", toRate);
  if (fromRate === toRate) return samples;
  const filter = filterFor(fromRate, toRate);
  const { up, down, taps } = filter;
  // Silence on both sides spares the inner loop its bounds checks.
  const padded = new Float32Array(samples.length + taps + 1);
  padded.set(samples, taps / 2 - 1);
  return convolve(filter, padded, { start: 0, phase: 0 }, Math.ceil((samples.length * up) / down));
}

/** `resample` for sound that arrives in pieces: what `push` and then `end` give, put together, is the same. */
export class Resampler {
  /** None where the rates are equal: a filter would take the highest tones away. */
  readonly #filter: PolyphaseFilter | undefined;
  readonly #place: Place = { start: 0, phase: 0 };
  /** Input that outputs to come still need. */
  #rest: Float32Array<ArrayBuffer> = new Float32Array();
  #numInput = 0;
  #numOutput = 0;

  constructor(fromRate: number, toRate: number) {
    checkRate("fromRate", fromRate);
    checkRate("toRate", toRate);
    if (fromRate === toRate) return;
    this.#filter = filterFor(fromRate, toRate);
    this.#rest = new Float32Array(this.#filter.taps / 2 - 1);
  }

  /** At equal rates, what comes out is `samples` itself. */
  push<Kind extends ArrayBufferLike>(samples: Float32Array<Kind>): Float32Array<Kind | ArrayBuffer> {
    if (!this.#filter) return samples;
    this.#numInput += samples.length;
    return this.#advance(this.#filter, samples, Number.POSITIVE_INFINITY);
  }

  /** The last outputs, which look beyond the input's end. */
  end(): Float32Array<ArrayBuffer> {
    if (!this.#filter) return new Float32Array();
    const { up, down, taps } = this.#filter;
    const most = Math.ceil((this.#numInput * up) / down) - this.#numOutput;
    return this.#advance(this.#filter, new Float32Array(taps + 1), most);
  }

  #advance(filter: PolyphaseFilter, samples: Float32Array, most: number): Float32Array<ArrayBuffer> {
    const { up, down } = filter;
    const input = new Float32Array(this.#rest.length + samples.length);
    input.set(this.#rest);
    input.set(samples, this.#rest.length);
    const { start, phase } = this.#place;
    const room = input.length - reachOf(filter) - start;
    // Output i starts at start + floor((phase + i * down) / up), which must not exceed start + room.
    const possible = room < 0 ? 0 : Math.floor(((room + 1) * up - 1 - phase) / down) + 1;
    const output = convolve(filter, input, this.#place, Math.min(possible, most));
    const used = Math.min(this.#place.start, input.length);
    this.#rest = input.slice(used);
    this.#place.start -= used;
    this.#numOutput += output.length;
    return output;
  }
}

/** Plays samples `factor` times as fast: [n] becomes [ceil(n / factor)] at the same rate. Pitch moves too. */
export function changeSpeed<Kind extends ArrayBufferLike>(
  samples: Float32Array<Kind>,
  sampleRate: number,
  factor: number,
): Float32Array<Kind | ArrayBuffer> {
  return resample(samples, Math.round(sampleRate * factor), sampleRate);
}

function filterFor(fromRate: number, toRate: number): PolyphaseFilter {
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const up = toRate / divisor;
  const down = fromRate / divisor;
  const key = `${up}/${down}`;
  const kept = filters.get(key);
  if (kept) return kept;
  const filter = designFilter(up, down);
  const numKept = [...filters.values()].reduce((sum, { coefficients }) => sum + coefficients.length, 0);
  if (numKept + filter.coefficients.length > MAX_KEPT_COEFFICIENTS) filters.clear();
  filters.set(key, filter);
  return filter;
}

/** Row p of P holds the window around a point p/P of the way from one input sample to the next. */
function designFilter(up: number, down: number): PolyphaseFilter {
  const cutoff = Math.min(1, up / down) * ROLLOFF;
  const halfWidth = ZERO_CROSSINGS / cutoff;
  const half = (TAPS_TOGETHER / 2) * Math.ceil(halfWidth / (TAPS_TOGETHER / 2));
  const taps = 2 * half;
  const phases = up * taps <= MAX_COEFFICIENTS ? up : Math.min(up, INTERPOLATED_PHASES);
  const coefficients = new Float32Array(phases * taps);
  const row = new Float64Array(taps);
  for (let phase = 0; phase < phases; phase++) {
    for (let k = 0; k < taps; k++) {
      const t = k - (half - 1) - phase / phases;
      row[k] = sinc(cutoff * t) * kaiser(t / halfWidth);
    }
    // Each row adds up to one, so that a constant stays itself.
    const sum = row.reduce((total, value) => total + value, 0);
    coefficients.set(
      row.map((value) => value / sum),
      phase * taps,
    );
  }
  return { up, down, taps, coefficients };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The Kaiser window over [-1, 1], not scaled. */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x));
}

/** The modified Bessel function of order 0, by its power series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function checkRate(name: string, rate: number): void {
  if (!Number.isSafeInteger(rate) || rate < 1) {
    throw new RangeError(`resample: ${name} is ${rate}, expected a whole number of samples a second, 1 or more`);
  }
}
