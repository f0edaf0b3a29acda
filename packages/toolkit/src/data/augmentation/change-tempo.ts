/**
 * Faster or slower speech at the same pitch: WSOLA (W. Verhelst and M. Roelands, "An overlap-add technique based on waveform
 * similarity for high quality time-scale modification of speech", ICASSP 1993). Pieces of the recording are laid out at
 * another distance from each other than they have in it, each moved a little to where it goes on best from the one before.
 */
type Samples = Float32Array;

/** A piece's length; pieces overlap by half. */
const PIECE_SECONDS = 0.025;
/** How far a piece may move either way: together a period of the deepest voice. */
const TOLERANCE_SECONDS = 0.01;
/** Likeness is measured at every so manieth place and sample, then around the best place at each. */
const STRIDE = 2;

/**
 * @param factor how many times as fast: 1.1 makes 10 s last 9.1 s; 1 gives the very same array
 * @returns round(length / factor) samples
 */
export function changeTempo(samples: Samples, sampleRate: number, factor: number): Samples {
  if (factor === 1) return samples;
  const hop = Math.round((PIECE_SECONDS * sampleRate) / 2);
  const tolerance = Math.round(TOLERANCE_SECONDS * sampleRate);
  const source = padded(samples, hop + tolerance);
  const output = new Float32Array(Math.round(samples.length / factor));
  const lastStart = source.length - 2 * hop;
  // Half a piece before the first sample, so that the first half of the output is overlapped too.
  let start = tolerance;
  for (let at = -hop; at < output.length; at += hop) {
    if (at > -hop) {
      const ideal = Math.round((at + hop) * factor) + tolerance;
      const range = { from: clamp(ideal - tolerance, lastStart), to: clamp(ideal + tolerance, lastStart) };
      start = likest(source, clamp(start + hop, lastStart), range, 2 * hop);
    }
    overlap(output, at, source.subarray(start, start + 2 * hop));
  }
  return output;
}

/** Silence before and behind, for pieces that begin or end outside. */
function padded(samples: Samples, before: number): Samples {
  const result = new Float32Array(samples.length + 4 * before);
  result.set(samples, before);
  return result;
}

/** Where in a range a piece is most like the one at `target`, by their normalised correlation. */
function likest(source: Samples, target: number, { from, to }: { from: number; to: number }, length: number): number {
  const best = (candidates: Iterable<number>): number => {
    let [place, highest] = [from, Number.NEGATIVE_INFINITY];
    for (const candidate of candidates) {
      const value = likeness(source, target, candidate, length);
      if (value > highest) [place, highest] = [candidate, value];
    }
    return place;
  };
  const coarse = best(steps(from, to, STRIDE));
  return best(steps(Math.max(from, coarse - STRIDE + 1), Math.min(to, coarse + STRIDE - 1), 1));
}

function* steps(from: number, to: number, stride: number): Generator<number> {
  for (let value = from; value <= to; value += stride) yield value;
}

/** Σ a b / √Σ b²; what is common to all candidates is left out. */
function likeness(source: Samples, a: number, b: number, length: number): number {
  let [product, energy] = [0, 1e-9];
  for (let i = 0; i < length; i += STRIDE) {
    const value = source[b + i]!;
    product += source[a + i]! * value;
    energy += value * value;
  }
  return product / Math.sqrt(energy);
}

/** Adds a piece under a Hann window; two that overlap by half add up to 1 everywhere. */
function overlap(output: Samples, at: number, piece: Samples): void {
  const first = Math.max(0, -at);
  const end = Math.min(piece.length, output.length - at);
  for (let i = first; i < end; i++) {
    output[at + i]! += piece[i]! * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / piece.length));
  }
}

function clamp(value: number, highest: number): number {
  return Math.max(0, Math.min(highest, value));
}
