/**
 * Log-probabilities and back-offs in 8 or 16 bits: each is replaced by the number of a bin, and read as the bin's mean.
 * The bins hold equally many values (Federico and Bertoldi, "How many bits are needed to store probabilities for
 * phrase-based translation?", WMT 2006); with 8 bits perplexity changes by well under one percent.
 */

/** 32 stores Float32 values as they are. */
export type QuantisationBits = 8 | 16 | 32;

type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** Values by index; natural logarithms. */
export class QuantisedValues {
  /** The values themselves where there are no codes, otherwise the bins' means. */
  readonly table: Float32Array<ArrayBuffer>;
  readonly codes: Codes | undefined;

  constructor(table: Float32Array<ArrayBuffer>, codes: Codes | undefined) {
    this.table = table;
    this.codes = codes;
  }

  get(index: number): number {
    return this.table[this.codes === undefined ? index : (this.codes[index] as number)] as number;
  }
}

/** Zero back-offs stay exactly zero: a context without longer n-grams is recognised by it. Bin 0 is theirs. */
export function quantise(values: Float32Array<ArrayBuffer>, bits: QuantisationBits): QuantisedValues {
  if (bits === 32) return new QuantisedValues(values, undefined);
  const means = binMeans(values, 2 ** bits - 1);
  const table = new Float32Array(2 ** bits);
  table.set(means, 1);
  const codes = bits === 8 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    codes[i] = value === 0 ? 0 : 1 + nearest(means, value);
  }
  return new QuantisedValues(table, codes);
}

/** Values that the bins are made from; more would move them little. */
const LARGEST_SAMPLE = 2 ** 21;

/** The values other than 0, of very many only each n-th. */
function sampleOf(values: Float32Array): Float32Array {
  const step = Math.max(1, Math.ceil(values.length / LARGEST_SAMPLE));
  const sample = new Float32Array(Math.ceil(values.length / step));
  let length = 0;
  for (let i = 0; i < values.length; i += step) {
    if (values[i] !== 0) sample[length++] = values[i] as number;
  }
  return sample.subarray(0, length);
}

/** The means of at most `numBins` bins, rising. */
function binMeans(values: Float32Array, numBins: number): Float32Array {
  const sorted = sampleOf(values).sort();
  const means: number[] = [];
  let start = 0;
  for (let bin = 0; bin < numBins && start < sorted.length; bin++) {
    let end = start + Math.ceil((sorted.length - start) / (numBins - bin));
    // Equal values share a bin.
    while (end < sorted.length && sorted[end] === sorted[end - 1]) end += 1;
    let sum = 0;
    for (let i = start; i < end; i++) sum += sorted[i] as number;
    means.push(sum / (end - start));
    start = end;
  }
  return Float32Array.from(means.length > 0 ? means : [0]);
}

/** The index of the mean closest to `value`. */
function nearest(means: Float32Array, value: number): number {
  let low = 0;
  let high = means.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((means[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  return value - (means[low - 1] as number) < (means[low] as number) - value ? low - 1 : low;
}
