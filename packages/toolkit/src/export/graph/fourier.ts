/**
 * The power spectrum of each frame, as two convolutions.
 *
 * A transform of N = a · b samples splits into b transforms of a samples and a transforms of b (Cooley and Tukey, 1965).
 * With sample n = b · i + j and frequency k = p + a · q, and w = e^(−2πi/N):
 *
 *     Y[j, p] = Σ_i window[n] · x[n] · w^(b·i·p)        for each j a product with its own matrix, window included
 *     X[k]    = Σ_j Y[j, p] · w^(j·p) · w^(a·j·q)       for each p a product with its own matrix, twiddles included
 *
 * The waveform is laid out as b channels, channel j holding the samples j, j + b, j + 2b and so on. Frames then begin at
 * every (hop / b)th place, and the first products are a convolution over each channel by itself; the second are one over
 * each group of channels that belong to a p.
 *
 * Sums of about √N terms lose few digits: a band may be a millionth of its neighbours, and its logarithm counts as much as
 * theirs. One product with a matrix of all windowed cosines and sines made largest errors of twice the size.
 */
import type { GraphBuilder, Value } from "../onnx/graph-builder.js";

export interface FourierOptions {
  fftSamples: number;
  hopSamples: number;
}

export interface PowerSpectrum {
  /** [B, rows, T]: squares of real and imaginary parts */
  squares: Value;
  /** The frequency bin that each row belongs to; above fftSamples / 2 they are of no use. */
  bins: readonly number[];
}

/** @param padded [B, (T − 1) · hopSamples + fftSamples] */
export function powerSpectrum(
  graph: GraphBuilder,
  padded: Value,
  { fftSamples, hopSamples }: FourierOptions,
): PowerSpectrum {
  const b = commonFactor(fftSamples, hopSamples);
  const a = fftSamples / b;
  const numQ = Math.floor(fftSamples / 2 / a) + 1; // frequencies p + a · q up to half the samples
  const byPlace = graph.op("Reshape", [padded, graph.ints([0, -1, b])]); // [B, samples / b, b]
  const channels = graph.op("Transpose", [byPlace], { perm: [0, 2, 1] }); // [B, b, samples / b]
  const first = graph.constant("fourier/first", "float32", firstMatrices(a, b), [2 * a * b, 1, a]);
  const inner = graph.op("Conv", [channels, first], { group: b, strides: [hopSamples / b] }); // [B, b·a·2, T]
  const ofEach = graph.op("Reshape", [inner, graph.ints([0, b, 2 * a, -1])]); // [B, b, a·2, T]
  const byFrequency = graph.op("Transpose", [ofEach], { perm: [0, 2, 1, 3] }); // [B, a·2, b, T]
  const joined = graph.op("Reshape", [byFrequency, graph.ints([0, 2 * a * b, -1])]); // [B, a·2·b, T]
  const second = graph.constant("fourier/second", "float32", secondMatrices(a, b, numQ), [2 * a * numQ, 2 * b, 1]);
  const outer = graph.op("Conv", [joined, second], { group: a }); // [B, a·numQ·2, T]
  return { squares: graph.op("Mul", [outer, outer]), bins: [...grid([a, numQ, 2], ([p, q]) => p + a * q)] };
}

/** Of the factors that both have, the one nearest to the root of the first. */
function commonFactor(fftSamples: number, hopSamples: number): number {
  const distance = (factor: number) => Math.abs(Math.log((factor * factor) / fftSamples));
  let nearest = 1;
  for (let factor = 1; factor <= fftSamples; factor++) {
    if (fftSamples % factor !== 0 || hopSamples % factor !== 0) continue;
    if (distance(factor) < distance(nearest)) nearest = factor;
  }
  return nearest;
}

/** [b, a, 2, a]: for each j, to real and imaginary part of frequency p from sample i, under a periodic Hann window. */
function firstMatrices(a: number, b: number): Float32Array {
  return grid([b, a, 2, a], ([j, p, part, i]) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (b * i + j)) / (a * b));
    return window * turn(i * p, a)[part as 0 | 1];
  });
}

/** [a, numQ, 2, 2, b]: for each p, to real and imaginary part of frequency q from those of sample j. */
function secondMatrices(a: number, b: number, numQ: number): Float32Array {
  return grid([a, numQ, 2, 2, b], ([p, q, to, from, j]) => {
    const [cosine, sine] = turn(j * (p + a * q), a * b);
    // (x + iy)(c + is) = (xc − ys) + i(xs + yc)
    if (from === to) return cosine;
    return from === 0 ? sine : -sine;
  });
}

/** Cosine and sine of −2π · steps / period; the fraction is reduced first, so that the angle keeps its digits. */
function turn(steps: number, period: number): readonly [number, number] {
  const angle = (-2 * Math.PI * (steps % period)) / period;
  return [Math.cos(angle), Math.sin(angle)];
}

type Index = readonly [number, number, number, number, number];

/** An array of up to five axes, row-major, from a function of the indices. */
function grid(sizes: readonly number[], valueAt: (index: Index) => number): Float32Array {
  const data = new Float32Array(sizes.reduce((total, size) => total * size, 1));
  const index = new Array<number>(5).fill(0);
  for (let n = 0; n < data.length; n++) {
    let rest = n;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = rest % sizes[axis]!;
      rest = Math.floor(rest / sizes[axis]!);
    }
    data[n] = valueAt(index as unknown as Index);
  }
  return data;
}
