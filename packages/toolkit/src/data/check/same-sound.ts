/**
 * The same sound under two names, at whatever loudness. Samples cannot be compared one by one: at another loudness they
 * are rounded otherwise to 16 bits. So each recording is kept as a count sketch (Charikar, Chen and Farach-Colton 2002):
 * every sample is added to one of a few sums, and added or subtracted, as is drawn by its place. Sketches of one sound
 * at two volumes point the same way, but for the little that rounding adds; those of two sounds, anywhere.
 */

/** What is needed of a recording to know it again. */
export interface SoundPrint {
  readonly durationSeconds: number;
  /** As the file has it, before resampling. */
  readonly sampleRate: number;
  /** The direction of its sketch: of length 1, whatever the loudness. */
  readonly sketch: Float32Array;
}

/** A power of two. So many suffice: of directions drawn by chance, one in 10^15 is within the tolerance of another. */
const NUM_SUMS = 16;
/** Any but 0. */
const FIRST_STATE = 0x2545f491;
/**
 * How far apart directions of one sound may be. Rounding moves that of a recording that is just no silence, at -50 dB of
 * full scale, by about 0.02, and a good lossy format by 0.05; different recordings of the sample corpus are over 0.6 apart.
 */
const TOLERANCE = 0.1;

/** Makes a recording's sketch, of its samples in their order, in pieces of any length. */
export class SoundSketch {
  readonly #sums = new Float64Array(NUM_SUMS);
  /** What a recording of ones would have, for its mean: of an offset, every recording of one length has the same. */
  readonly #ones = new Float64Array(NUM_SUMS);
  #state = FIRST_STATE;
  #total = 0;
  #numSamples = 0;

  add(samples: Float32Array): void {
    let state = this.#state;
    for (const sample of samples) {
      // xorshift32 (Marsaglia 2003).
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      const place = state & (NUM_SUMS - 1);
      const sign = 1 - ((state >>> 15) & 2);
      this.#sums[place]! += sign * sample;
      this.#ones[place]! += sign;
      this.#total += sample;
    }
    this.#state = state;
    this.#numSamples += samples.length;
  }

  get direction(): Float32Array {
    const mean = this.#total / Math.max(1, this.#numSamples);
    const centred = this.#sums.map((sum, i) => sum - mean * this.#ones[i]!);
    const length = Math.hypot(...centred) || 1;
    return Float32Array.from(centred, (value) => value / length);
  }
}

/** Whether two recordings are one, but for their loudness and what their formats round. */
export function isSameSound(a: SoundPrint, b: SoundPrint): boolean {
  if (a.durationSeconds !== b.durationSeconds || a.sampleRate !== b.sampleRate) return false;
  let squares = 0;
  for (let i = 0; i < NUM_SUMS; i++) {
    squares += (a.sketch[i]! - b.sketch[i]!) ** 2;
    if (squares > TOLERANCE ** 2) return false;
  }
  return true;
}

/** So many of a sketch's numbers place it in a grid: of many recordings of one length, few need to be compared. */
const GRID_AXES = [0, 1, 2];
const CELL_WIDTH = 2 * TOLERANCE;

/** Finds recordings by their sound. */
export class SoundIndex<T> {
  readonly #cells = new Map<string, { print: SoundPrint; value: T }[]>();

  add(print: SoundPrint, value: T): void {
    const key = keyOf(
      print,
      GRID_AXES.map((axis) => cellAt(print.sketch[axis]!)),
    );
    const cell = this.#cells.get(key);
    if (cell) cell.push({ print, value });
    else this.#cells.set(key, [{ print, value }]);
  }

  /** What was added with the same sound; undefined where nothing was. */
  find(print: SoundPrint): T | undefined {
    for (const key of keysAround(print)) {
      const same = this.#cells.get(key)?.find((each) => isSameSound(each.print, print));
      if (same) return same.value;
    }
    return undefined;
  }
}

/** Of all cells that a sketch within the tolerance may be in. */
function keysAround(print: SoundPrint): string[] {
  const ranges = GRID_AXES.map((axis) => {
    const value = print.sketch[axis]!;
    return [...new Set([cellAt(value - TOLERANCE), cellAt(value + TOLERANCE)])];
  });
  const cells = ranges.reduce<number[][]>(
    (all, range) => all.flatMap((cell) => range.map((at) => [...cell, at])),
    [[]],
  );
  return cells.map((cell) => keyOf(print, cell));
}

function cellAt(value: number): number {
  return Math.floor(value / CELL_WIDTH);
}

function keyOf({ durationSeconds, sampleRate }: SoundPrint, cell: readonly number[]): string {
  return [durationSeconds, sampleRate, ...cell].join(" ");
}
