/**
 * The power spectrum of each frame, as two matrix products.
 *
 * A transform of N = a · b samples splits into b transforms of a samples and a transforms of b (Cooley and Tukey, 1965).
 * With sample n = b · i + j and frequency k = p + a · q, and w = e^(−2πi/N):
 *
 *     Y[j, p] = Σ_i window[n] · x[n] · w^(b·i·p)        for each j a product with its own matrix, window included
 *     X[k]    = Σ_j Y[j, p] · w^(j·p) · w^(a·j·q)       for each p a product with its own matrix, twiddles included
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
  /** [B, T, columns]: squares of real and imaginary parts */
  squares: Value;
  /** The frequency bin that each column belongs to; above fftSamples / 2 they are of no use. */
  bins: readonly number[];
}

/**
 * @param padded [B, W], with each frame's samples from its number times hopSamples
 * @param frames T, a scalar
 */
export function powerSpectrum(
  graph: GraphBuilder,
  padded: Value,
  frames: Value,
  { fftSamples, hopSamples }: FourierOptions,
): PowerSpectrum {
  const a = largestFactor(fftSamples);
  const b = fftSamples / a;
  const numQ = Math.floor(fftSamples / 2 / a) + 1; // frequencies p + a · q up to half the samples
  const columns = grid([b, 1, a], ([j, , i]) => b * i + j);
  const offsets = graph.constant("fourier/samples", "int64", BigInt64Array.from(columns, BigInt), [b, 1, a]);
  const starts = graph.op("Mul", [graph.op("Range", [graph.ints(0), frames, graph.ints(1)]), graph.ints(hopSamples)]); // [T]
  const samples = graph.op("Add", [graph.op("Unsqueeze", [starts, graph.ints([1])]), offsets]); // [b, T, a]
  const parts = graph.op("Gather", [padded, samples], { axis: 1 }); // [B, b, T, a]
  const first = graph.constant("fourier/first", "float32", firstMatrices(a, b), [b, a, 2 * a]);
  const inner = graph.op("MatMul", [parts, first]); // [B, b, T, 2·a]: real and imaginary parts of each p
  const split = graph.op("Reshape", [inner, graph.ints([0, 0, 0, a, 2])]); // [B, b, T, a, 2]
  const byFrequency = graph.op("Transpose", [split], { perm: [0, 3, 2, 1, 4] }); // [B, a, T, b, 2]
  const joined = graph.op("Reshape", [byFrequency, graph.ints([0, 0, 0, 2 * b])]); // [B, a, T, 2·b]
  const second = graph.constant("fourier/second", "float32", secondMatrices(a, b, numQ), [a, 2 * b, 2 * numQ]);
  const outer = graph.op("MatMul", [joined, second]); // [B, a, T, 2·numQ]
  const byFrame = graph.op("Transpose", [graph.op("Mul", [outer, outer])], { perm: [0, 2, 1, 3] }); // [B, T, a, 2·numQ]
  const squares = graph.op("Reshape", [byFrame, graph.ints([0, 0, 2 * a * numQ])]);
  return { squares, bins: [...grid([a, numQ, 2], ([p, q]) => p + a * q)] };
}

/** The largest factor that is no larger than the square root. */
function largestFactor(value: number): number {
  let factor = Math.floor(Math.sqrt(value));
  while (value % factor !== 0) factor--;
  return factor;
}

/** [b, a, 2·a]: for each j, from sample i to real and imaginary part of frequency p, under a periodic Hann window. */
function firstMatrices(a: number, b: number): Float32Array {
  return grid([b, a, a, 2], ([j, i, p, part]) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (b * i + j)) / (a * b));
    return window * turn(i * p, a)[part as 0 | 1];
  });
}

/** [a, 2·b, 2·numQ]: for each p, from real and imaginary part of sample j to those of frequency q. */
function secondMatrices(a: number, b: number, numQ: number): Float32Array {
  return grid([a, b, 2, numQ, 2], ([p, j, from, q, to]) => {
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
