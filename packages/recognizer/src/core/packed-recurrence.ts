/**
 * The recurrence of a GRU layer whose weights have 8 bits, in WebAssembly's vectors (assembly/recurrence.ts). ONNX Runtime's
 * multiplies floats, four times the memory, for which steps wait where caches are small (docs/browser.md). Weights are as they
 * are stored, and the state keeps a float's bits, so that results are those of floats but for the order of sums.
 */
import type { LayerAssembly, Room } from "./layer-assembly.js";

/** A layer's weights, as ONNX has them: gates in the order update, reset, new. */
export interface RecurrentWeights {
  readonly directions: number;
  readonly hidden: number;
  /** [directions, 3·hidden, hidden] */
  readonly weights: Int8Array;
  /** [directions, 3·hidden, groups]: of equally many inputs each */
  readonly scales: Float32Array;
  /** [directions, hidden]: the new gate's, inside what the reset gate opens */
  readonly stateBias: Float32Array;
}

/** Outputs whose weights lie together, and inputs: assembly/recurrence.ts. */
const OUTPUTS = 16;
const PAIR = 2;
/** The state is gone over by so many at a time. */
const STATES = 8;
/** What the state's 1 is in 16 bits. */
const LARGEST = 32_767;
/** The most inputs of a group, whose sum has 31 bits. */
const MOST_INPUTS = Math.floor(2 ** 31 / (128 * LARGEST));
/** Frames that are gone through at a time. */
const FRAMES = 128;

export class PackedRecurrence {
  readonly #assembly: LayerAssembly;
  readonly #hidden: number;
  readonly #groups: number;
  /** Where each direction's weights, scales and bias lie. */
  readonly #directions: readonly (readonly [number, number, number])[];

  /** Whether the layer's sizes are ones that it takes. */
  static takes(layer: RecurrentWeights): boolean {
    const groupSize = layer.hidden / groupsOf(layer);
    return groupSize % PAIR === 0 && groupSize <= MOST_INPUTS && layer.hidden % STATES === 0;
  }

  constructor(assembly: LayerAssembly, layer: RecurrentWeights) {
    const { directions, hidden, stateBias } = layer;
    this.#assembly = assembly;
    this.#hidden = hidden;
    this.#groups = groupsOf(layer);
    this.#directions = Array.from({ length: directions }, (_, direction) => {
      const { weights, scales } = pack(layer, direction);
      const bias = stateBias.subarray(direction * hidden, (direction + 1) * hidden);
      return [assembly.keep(weights), assembly.keep(scales), assembly.keep(bias)] as const;
    });
  }

  /**
   * @param gates [frames, batch, directions · 3·hidden]: what inputs say of the gates, all other biases in it
   * @param lengths frames of each utterance; a backward direction starts at the last
   * @returns [frames, directions, batch, hidden], 0 beyond an utterance's length
   */
  run(gates: Float32Array, lengths: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const [directions, hidden] = [this.#directions.length, this.#hidden];
    const batch = lengths.length;
    const numFrames = gates.length / (batch * directions * 3 * hidden);
    const found = new Float32Array(numFrames * directions * batch * hidden);
    // The state in twice 16 bits takes as much as in floats.
    const sizes = [FRAMES * 3 * hidden, FRAMES * hidden, hidden, hidden, paddedRows(hidden)];
    const [heard, output, state, halves, sums] = this.#assembly.rooms(...sizes) as [Room, Room, Room, Room, Room];
    const rooms = [state, halves, sums].map(({ address }) => address);
    const { recur } = this.#assembly.exports;
    for (const [direction, weights] of this.#directions.entries()) {
      for (let row = 0; row < batch; row++) {
        const length = Math.min(numFrames, lengths[row]!);
        state.floats.fill(0);
        for (let done = 0; done < length; done += FRAMES) {
          const count = Math.min(FRAMES, length - done);
          const frameOf = (i: number) => (direction === 0 ? done + i : length - 1 - done - i);
          for (let i = 0; i < count; i++) {
            const from = ((frameOf(i) * batch + row) * directions + direction) * 3 * hidden;
            heard.floats.set(gates.subarray(from, from + 3 * hidden), i * 3 * hidden);
          }
          recur!(heard.address, output.address, count, hidden, this.#groups, ...weights, ...rooms);
          for (let i = 0; i < count; i++) {
            const to = ((frameOf(i) * directions + direction) * batch + row) * hidden;
            found.set(output.floats.subarray(i * hidden, (i + 1) * hidden), to);
          }
        }
      }
    }
    return found;
  }
}

function groupsOf({ directions, hidden, scales }: RecurrentWeights): number {
  return scales.length / (directions * 3 * hidden);
}

/** Outputs in whole blocks. */
function paddedRows(hidden: number): number {
  return Math.ceil((3 * hidden) / OUTPUTS) * OUTPUTS;
}

/** One direction's: to weights [block, group, pair, output of the block, 2], and scales [block, group, output of the block] of the state in 16 bits. */
function pack(layer: RecurrentWeights, direction: number) {
  const { hidden, weights, scales } = layer;
  const [rows, groups] = [3 * hidden, groupsOf(layer)];
  const packed = {
    weights: new Int8Array(paddedRows(hidden) * hidden),
    scales: new Float32Array(paddedRows(hidden) * groups),
  };
  for (let row = 0; row < rows; row++) {
    const [block, output] = [Math.floor(row / OUTPUTS), row % OUTPUTS];
    const own = (direction * rows + row) * hidden;
    for (let input = 0; input < hidden; input++) {
      const pair = block * (hidden / PAIR) + Math.floor(input / PAIR);
      packed.weights[(pair * OUTPUTS + output) * PAIR + (input % PAIR)] = weights[own + input]!;
    }
    for (let group = 0; group < groups; group++) {
      const scale = scales[(direction * rows + row) * groups + group]! / LARGEST;
      packed.scales[(block * groups + group) * OUTPUTS + output] = scale;
    }
  }
  return packed;
}
