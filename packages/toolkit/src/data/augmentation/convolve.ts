/**
 * Convolution of a long signal with a shorter one, block by block in the frequency domain (overlap-add; Stockham 1966).
 * The kernel is real, so two blocks ride in one complex transform, one as its real and one as its imaginary part.
 */
import { type ComplexArray, fft, inverseFft } from "./fft.js";

/** A transform is about so many kernels long, where the signal is: longer ones leave the processor's cache. */
const KERNELS_IN_TRANSFORM = 4;
const SMALLEST_TRANSFORM = 4096;

/** y[n] = Σ kernel[k] · signal[n − k]: [n] and [m] give [n + m − 1]. Neither may be empty. */
export function convolve(signal: Float32Array, kernel: Float32Array): Float64Array {
  const output = new Float64Array(signal.length + kernel.length - 1);
  const size = transformSize(output.length, kernel.length);
  const hop = size - kernel.length + 1;
  const spectrum = emptyComplex(size);
  spectrum.re.set(kernel);
  fft(spectrum);
  const blocks = emptyComplex(size);
  for (let start = 0; start < signal.length; start += 2 * hop) {
    const middle = start + hop;
    fillWith(blocks.re, signal.subarray(start, middle));
    fillWith(blocks.im, signal.subarray(middle, middle + hop));
    fft(blocks);
    multiply(blocks, spectrum);
    inverseFft(blocks);
    addAt(output, start, blocks.re);
    addAt(output, middle, blocks.im);
  }
  return output;
}

function transformSize(outputLength: number, kernelLength: number): number {
  const wanted = Math.max(SMALLEST_TRANSFORM, KERNELS_IN_TRANSFORM * kernelLength);
  return 2 ** Math.ceil(Math.log2(Math.min(outputLength, wanted)));
}

function emptyComplex(size: number): ComplexArray {
  return { re: new Float64Array(size), im: new Float64Array(size) };
}

function fillWith(target: Float64Array, values: Float32Array): void {
  target.set(values);
  target.fill(0, values.length);
}

/** a ← a · b */
function multiply(a: ComplexArray, b: ComplexArray): void {
  for (let i = 0; i < a.re.length; i++) {
    const [re, im] = [a.re[i] as number, a.im[i] as number];
    a.re[i] = re * (b.re[i] as number) - im * (b.im[i] as number);
    a.im[i] = re * (b.im[i] as number) + im * (b.re[i] as number);
  }
}

/** What would fall behind the end is rounding error alone. */
function addAt(target: Float64Array, start: number, values: Float64Array): void {
  const end = Math.min(target.length, start + values.length);
  for (let i = start; i < end; i++) target[i] = (target[i] as number) + (values[i - start] as number);
}
