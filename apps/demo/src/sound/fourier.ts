/** The power spectrum of a window, by the radix-2 fast Fourier transform (Cooley and Tukey 1965). */
export class PowerSpectrum {
  readonly #size: number;
  readonly #window: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #order: Uint32Array;

  /** @param size a power of two */
  constructor(size: number) {
    this.#size = size;
    const angle = (2 * Math.PI) / size;
    this.#window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos(angle * i));
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos(angle * i));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin(angle * i));
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    const bits = Math.log2(size);
    this.#order = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
  }

  /** Of the samples from `start` on, with silence around them; size / 2 values, which the next call overwrites. */
  of(samples: Float32Array, start: number): Float64Array {
    const [re, im, size] = [this.#re, this.#im, this.#size];
    for (let i = 0; i < size; i++) {
      re[this.#order[i] as number] = (samples[start + i] ?? 0) * (this.#window[i] as number);
    }
    im.fill(0);
    for (let half = 1; half < size; half *= 2) this.#combine(half);
    for (let i = 0; i < size / 2; i++) re[i] = (re[i] as number) ** 2 + (im[i] as number) ** 2;
    return re.subarray(0, size / 2);
  }

  /** Pairs of transforms of `half` values become those of twice as many. */
  #combine(half: number): void {
    const [re, im, size] = [this.#re, this.#im, this.#size];
    const step = size / (2 * half);
    for (let block = 0; block < size; block += 2 * half) {
      for (let i = 0; i < half; i++) {
        const [a, b] = [block + i, block + i + half];
        const [cos, sin] = [this.#cos[i * step] as number, this.#sin[i * step] as number];
        const real = (re[b] as number) * cos - (im[b] as number) * sin;
        const imaginary = (re[b] as number) * sin + (im[b] as number) * cos;
        re[b] = (re[a] as number) - real;
        im[b] = (im[a] as number) - imaginary;
        re[a] = (re[a] as number) + real;
        im[a] = (im[a] as number) + imaginary;
      }
    }
  }
}
