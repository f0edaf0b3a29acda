/**
 * The discrete Fourier transform, for convolving speech with rooms in the loader's threads, where libtorch is not
 * loaded. Radix 2, in place, decimation in time (Cooley & Tukey 1965), in double precision.
 */

/** Complex numbers, as many as a power of two. */
export interface ComplexArray {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const twiddlesBySize = new Map<number, ComplexArray>();

/** X[k] = Σ x[n] · exp(−2πi · k · n / N), in place. */
export function fft({ re, im }: ComplexArray): void {
  const twiddles = twiddlesFor(re.length);
  reverseBits(re, im);
  for (let half = 1; half < re.length; half *= 2) joinHalves(re, im, half, twiddles);
}

/** x[n] = Σ X[k] · exp(2πi · k · n / N) / N, in place. */
export function inverseFft({ re, im }: ComplexArray): void {
  // Exchanging real and imaginary parts before and after turns the one transform into the other.
  fft({ re: im, im: re });
  const size = re.length;
  for (let i = 0; i < size; i++) {
    re[i] = (re[i] as number) / size;
    im[i] = (im[i] as number) / size;
  }
}

/** One stage: of each two neighbouring transforms of `half` numbers, the one transform of both. */
function joinHalves(re: Float64Array, im: Float64Array, half: number, twiddles: ComplexArray): void {
  const size = re.length;
  const stride = size / (2 * half);
  for (let start = 0; start < size; start += 2 * half) {
    for (let a = start, k = 0; a < start + half; a++, k += stride) {
      const b = a + half;
      const cos = twiddles.re[k] as number;
      const sin = twiddles.im[k] as number;
      const real = (re[b] as number) * cos - (im[b] as number) * sin;
      const imaginary = (re[b] as number) * sin + (im[b] as number) * cos;
      re[b] = (re[a] as number) - real;
      im[b] = (im[a] as number) - imaginary;
      re[a] = (re[a] as number) + real;
      im[a] = (im[a] as number) + imaginary;
    }
  }
}

/** Puts element n where n's bits, read backwards, point. */
function reverseBits(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < re.length; i++) {
    let bit = re.length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(re, i, j);
    swap(im, i, j);
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i] as number;
  values[i] = values[j] as number;
  values[j] = value;
}

/** exp(−2πi · k / N) for the first half of k. */
function twiddlesFor(size: number): ComplexArray {
  const known = twiddlesBySize.get(size);
  if (known) return known;
  if (!Number.isInteger(Math.log2(size))) throw new RangeError(`fft: the size is ${size}, expected a power of two`);
  const angles = Float64Array.from({ length: size / 2 }, (_, k) => (-2 * Math.PI * k) / size);
  const twiddles = { re: angles.map(Math.cos), im: angles.map(Math.sin) };
  twiddlesBySize.set(size, twiddles);
  return twiddles;
}
