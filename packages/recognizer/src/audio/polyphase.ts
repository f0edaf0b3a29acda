/**
 * The inner loop of resampling, in WebAssembly's vectors: six to nine times as fast as JavaScript. A page whose rules forbid
 * WebAssembly on its own thread gets the same to the bit, more slowly.
 */
import { startAssembly } from "./assembly.js";
import { CONVOLVE_MODULE } from "./convolve-module.js";

/** A filter for each place between two input samples at which an output sample can lie. */
export interface PolyphaseFilter {
  /** Output samples for every `down` input samples. */
  readonly up: number;
  readonly down: number;
  /** Coefficients a row; a multiple of `TAPS_TOGETHER`. */
  readonly taps: number;
  /** [up, taps]; [rows, taps] where there are fewer, and outputs that lie between two are interpolated. */
  readonly coefficients: Float32Array;
}

/** How many samples of input an output takes. */
export function reachOf(filter: PolyphaseFilter): number {
  return isInterpolated(filter) ? filter.taps + 1 : filter.taps;
}

function isInterpolated({ up, taps, coefficients }: PolyphaseFilter): boolean {
  return coefficients.length < up * taps;
}

/** Where the next output sample's filter starts in the input, and which of the filter's rows it takes. */
export interface Place {
  start: number;
  phase: number;
}

/** Two vectors. */
export const TAPS_TOGETHER = 8;
/** Input that goes through at a time, beyond a row's length: it stays in a processor's cache. */
const BLOCK_SAMPLES = 16_384;

/**
 * `count` output samples from `place` on, which moves on with them.
 *
 * @param input as many samples as the last output's row reaches
 */
export function convolve(
  filter: PolyphaseFilter,
  input: Float32Array,
  place: Place,
  count: number,
): Float32Array<ArrayBuffer> {
  convolver ??= startConvolver();
  if (isInterpolated(filter)) return interpolate(filter, input, place, count);
  const { up, down, taps } = filter;
  const output = new Float32Array(count);
  const mostOutputs = Math.max(1, Math.floor((BLOCK_SAMPLES * up) / down));
  for (let done = 0; done < count; ) {
    const block = output.subarray(done, Math.min(done + mostOutputs, count));
    const lastPhase = place.phase + (block.length - 1) * down;
    const reached = input.subarray(place.start, place.start + Math.floor(lastPhase / up) + taps);
    convolver(filter, reached, place.phase, block);
    place.start += Math.floor((lastPhase + down) / up);
    place.phase = (lastPhase + down) % up;
    done += block.length;
  }
  return output;
}

/** One by one, from the two rows beside each output: the last of one input sample lies beside the first of the next. */
function interpolate(
  { up, down, taps, coefficients }: PolyphaseFilter,
  input: Float32Array,
  place: Place,
  count: number,
): Float32Array<ArrayBuffer> {
  const rows = { up: coefficients.length / taps, down: 1, taps, coefficients };
  const output = new Float32Array(count);
  const pair = new Float32Array(2);
  for (let i = 0; i < count; i++) {
    const at = (place.phase * rows.up) / up;
    const row = Math.floor(at);
    convolver?.(rows, input.subarray(place.start, place.start + taps + 1), row, pair);
    const [before, after] = pair as unknown as [number, number];
    output[i] = before + (at - row) * (after - before);
    place.start += Math.floor((place.phase + down) / up);
    place.phase = (place.phase + down) % up;
  }
  return output;
}

/** Fills `output`; the first output's row lies over the input's first samples. */
type Convolver = (filter: PolyphaseFilter, input: Float32Array, phase: number, output: Float32Array) => void;

/** Of this thread, once it is needed. */
let convolver: Convolver | undefined;

function startConvolver(): Convolver {
  try {
    return convolverInWebAssembly();
  } catch {
    return convolveHere;
  }
}

/** @throws what WebAssembly does where it is forbidden */
export function convolverInWebAssembly(): Convolver {
  const assembly = startAssembly(CONVOLVE_MODULE);
  const run = assembly.exports.convolve!;
  let loaded: Float32Array | undefined;
  return (filter, input, phase, output) => {
    const { up, down, taps, coefficients } = filter;
    const inputStart = coefficients.length;
    const outputStart = inputStart + input.length;
    const numbers = new Float32Array(assembly.memory(4 * (outputStart + output.length)));
    if (coefficients !== loaded) numbers.set(coefficients);
    loaded = coefficients;
    numbers.set(input, inputStart);
    run(4 * inputStart, 0, 4 * outputStart, output.length, up, down, taps, phase);
    output.set(numbers.subarray(outputStart, outputStart + output.length));
  };
}

/** In the order, and with the rounding, of assembly/convolve.ts. */
export const convolveHere: Convolver = ({ up, down, taps, coefficients }, input, phase, output) => {
  const sums = new Float32Array(TAPS_TOGETHER);
  for (let i = 0, start = 0; i < output.length; i++) {
    sums.fill(0);
    for (let tap = 0; tap < taps; tap++) {
      const product = Math.fround((input[start + tap] as number) * (coefficients[phase * taps + tap] as number));
      sums[tap % TAPS_TOGETHER]! += product;
    }
    const [a, b, c, d] = [0, 1, 2, 3].map((lane) => Math.fround(sums[lane]! + sums[lane + 4]!)) as Four;
    output[i] = Math.fround(a + b) + Math.fround(c + d);
    phase += down;
    start += Math.floor(phase / up);
    phase %= up;
  }
};

type Four = [number, number, number, number];
