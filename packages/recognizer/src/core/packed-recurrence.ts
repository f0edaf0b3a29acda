/**
 * The recurrence of a GRU layer whose weights have 8 bits, in WebAssembly's vectors (assembly/recurrence.ts). ONNX Runtime's
 * multiplies floats, four times the memory, for which steps wait where caches are small (docs/browser.md). Weights are as they
 * are stored, and the state keeps a float's bits, so that results are those of floats but for the order of sums.
 */
import { startAssembly } from "../audio/assembly.js";
import { RECURRENCE_MODULE } from "./recurrence-module.js";

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
const ALIGNMENT = 64;

/** Where everything lies, in bytes. */
interface Places {
  readonly weights: readonly number[];
  readonly scales: readonly number[];
  readonly bias: readonly number[];
  readonly state: number;
  readonly halves: number;
  readonly sums: number;
  readonly gates: number;
  readonly output: number;
  readonly end: number;
}

export class PackedRecurrence {
  readonly #directions: number;
  readonly #hidden: number;
  readonly #groups: number;
  readonly #recur: (...numbers: number[]) => void;
  readonly #memory: ArrayBuffer;
  readonly #places: Places;

  /** Whether the layer's sizes are ones that it takes. */
  static takes(layer: RecurrentWeights): boolean {
    const groupSize = layer.hidden / groupsOf(layer);
    return groupSize % PAIR === 0 && groupSize <= MOST_INPUTS && layer.hidden % STATES === 0;
  }

  /** @throws what WebAssembly does where it is forbidden, or has no vectors */
  constructor(layer: RecurrentWeights) {
    const groups = groupsOf(layer);
    const { directions, hidden, stateBias } = layer;
    const assembly = startAssembly(RECURRENCE_MODULE);
    const places = placesOf(layer, groups);
    const memory = assembly.memory(places.end);
    for (let direction = 0; direction < directions; direction++) {
      pack(layer, groups, direction, {
        weights: new Int8Array(memory, places.weights[direction]),
        scales: new Float32Array(memory, places.scales[direction]),
      });
      const bias = stateBias.subarray(direction * hidden, (direction + 1) * hidden);
      new Float32Array(memory, places.bias[direction]).set(bias);
    }
    this.#directions = directions;
    this.#hidden = hidden;
    this.#groups = groups;
    this.#recur = assembly.exports.recur!;
    this.#memory = memory;
    this.#places = places;
  }

  /**
   * @param gates [frames, batch, directions · 3·hidden]: what inputs say of the gates, all other biases in it
   * @param lengths frames of each utterance; a backward direction starts at the last
   * @returns [frames, directions, batch, hidden], 0 beyond an utterance's length
   */
  run(gates: Float32Array, lengths: ArrayLike<number>): Float32Array<ArrayBuffer> {
    const [directions, hidden] = [this.#directions, this.#hidden];
    const batch = lengths.length;
    const numFrames = gates.length / (batch * directions * 3 * hidden);
    const output = new Float32Array(numFrames * directions * batch * hidden);
    for (let direction = 0; direction < directions; direction++) {
      for (let row = 0; row < batch; row++) {
        const length = Math.min(numFrames, lengths[row]!);
        new Float32Array(this.#memory, this.#places.state, hidden).fill(0);
        for (let done = 0; done < length; done += FRAMES) {
          const count = Math.min(FRAMES, length - done);
          const frameOf = (i: number) => (direction === 0 ? done + i : length - 1 - done - i);
          this.#advance(direction, count, {
            from: (i) => ((frameOf(i) * batch + row) * directions + direction) * 3 * hidden,
            to: (i) => ((frameOf(i) * directions + direction) * batch + row) * hidden,
            gates,
            output,
          });
        }
      }
    }
    return output;
  }

  #advance(
    direction: number,
    count: number,
    frames: { from(i: number): number; to(i: number): number; gates: Float32Array; output: Float32Array },
  ): void {
    const hidden = this.#hidden;
    const at = this.#places;
    const gates = new Float32Array(this.#memory, at.gates);
    for (let i = 0; i < count; i++) {
      const from = frames.from(i);
      gates.set(frames.gates.subarray(from, from + 3 * hidden), i * 3 * hidden);
    }
    const own = [at.weights, at.scales, at.bias].map((places) => places[direction]!);
    this.#recur(at.gates, at.output, count, hidden, this.#groups, ...own, at.state, at.halves, at.sums);
    const output = new Float32Array(this.#memory, at.output, count * hidden);
    for (let i = 0; i < count; i++) frames.output.set(output.subarray(i * hidden, (i + 1) * hidden), frames.to(i));
  }
}

function groupsOf({ directions, hidden, scales }: RecurrentWeights): number {
  return scales.length / (directions * 3 * hidden);
}

function placesOf({ directions, hidden }: RecurrentWeights, groups: number): Places {
  let end = 0;
  const room = (numBytes: number): number => {
    const start = end;
    end += Math.ceil(numBytes / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  const rooms = (numBytes: number) => Array.from({ length: directions }, () => room(numBytes));
  const rows = paddedRows(hidden);
  const places = {
    weights: rooms(rows * hidden),
    scales: rooms(4 * rows * groups),
    bias: rooms(4 * hidden),
    state: room(4 * hidden),
    halves: room(2 * 2 * hidden),
    sums: room(4 * rows),
    gates: room(4 * FRAMES * 3 * hidden),
    output: room(4 * FRAMES * hidden),
  };
  return { ...places, end };
}

/** Outputs in whole blocks. */
function paddedRows(hidden: number): number {
  return Math.ceil((3 * hidden) / OUTPUTS) * OUTPUTS;
}

/** To weights [block, group, pair, output of the block, 2], and scales [block, group, output of the block] of the state in 16 bits. */
function pack(
  { hidden, weights, scales }: RecurrentWeights,
  groups: number,
  direction: number,
  packed: { weights: Int8Array; scales: Float32Array },
): void {
  const rows = 3 * hidden;
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
}
