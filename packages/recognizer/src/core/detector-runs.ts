/** Runs of the graph that detects speech: pieces of several sounds, each with its own state, in one run. */
import { Scratch, type TensorData, type Tensors } from "./tensor-data.js";

/** New samples of a piece, and those before them that are heard again. */
export const PIECE_SAMPLES = 512;
export const CONTEXT_SAMPLES = 64;
const STATE_SIZE = 128;

/** What the graph remembers of a sound from one run to the next. A run that succeeds writes what it leaves behind into it. */
export interface DetectorState {
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
}

/** One sound's part of a run. */
export interface DetectorSound {
  /** Of the samples. */
  readonly length: number;
  /** A context, and whole pieces. */
  readonly samples: Float32Array<ArrayBuffer>;
  readonly state: DetectorState;
}

/** For each piece of a sound, how likely it is that someone speaks. */
export type Detection = Float32Array;

/** Runs the graph once. Takes its inputs before it returns; `take` makes what is needed of outputs that are gone when it returns. */
export type RunDetector = <T>(
  inputs: Tensors,
  take: (outputs: Record<"probabilities" | "last_hidden" | "last_cell", TensorData>) => T,
) => Promise<T>;

/** Of a sound that begins. */
export function firstDetectorState(): DetectorState {
  return { hidden: new Float32Array(STATE_SIZE), cell: new Float32Array(STATE_SIZE) };
}

/**
 * Runs the graph over several sounds at once.
 *
 * @param sounds of equally many samples; their states are written
 * @returns each one's result, in order
 */
export function runDetector(sounds: readonly DetectorSound[], run: RunDetector): Promise<Detection[]> {
  const count = sounds.length;
  const statesOf = (kind: keyof DetectorState): TensorData => {
    const data = new Float32Array(count * STATE_SIZE);
    for (const [row, { state }] of sounds.entries()) data.set(state[kind], row * STATE_SIZE);
    return { type: "float32", data, dims: [1, count, STATE_SIZE] };
  };
  return run({ pieces: piecesOf(sounds), hidden: statesOf("hidden"), cell: statesOf("cell") }, (outputs) => {
    const probabilities = outputs.probabilities.data as Float32Array;
    const [hidden, cell] = [outputs.last_hidden.data as Float32Array, outputs.last_cell.data as Float32Array];
    return sounds.map(({ state }, row) => {
      state.hidden.set(hidden.subarray(row * STATE_SIZE, (row + 1) * STATE_SIZE));
      state.cell.set(cell.subarray(row * STATE_SIZE, (row + 1) * STATE_SIZE));
      return Float32Array.from({ length: probabilities.length / count }, (_, i) => probabilities[i * count + row]!);
    });
  });
}

const scratch = new Scratch();

/** [pieces, sounds, context and piece] */
function piecesOf(sounds: readonly DetectorSound[]): TensorData {
  const width = CONTEXT_SAMPLES + PIECE_SAMPLES;
  const numPieces = Math.floor((sounds[0]!.length - CONTEXT_SAMPLES) / PIECE_SAMPLES);
  const data = scratch.take(numPieces * sounds.length * width);
  for (const [row, { samples }] of sounds.entries()) {
    for (let piece = 0; piece < numPieces; piece++) {
      const from = piece * PIECE_SAMPLES;
      data.set(samples.subarray(from, from + width), (piece * sounds.length + row) * width);
    }
  }
  return { type: "float32", data, dims: [numPieces, sounds.length, width] };
}
