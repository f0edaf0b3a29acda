/** WebAssembly for layers (product.ts, recurrence.ts and residual.ts of assembly/), and what lies in its memory. */
import { type Assembly, startAssembly } from "../audio/assembly.js";
import { LAYERS_MODULE, RELAXED_LAYERS_MODULE } from "./layers-module.js";

/** Columns that its products take together. */
export const COLUMNS = 8;
const ALIGNMENT = 64;

/** A LayerNorm before GELU: [width] each, and what is added to the variance. */
export interface Norm {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly epsilon: number;
}

/** Floats in the assembly's memory. */
export interface Room {
  /** In bytes. */
  readonly address: number;
  readonly floats: Float32Array;
}

/** Weights of all layers of a model lie in its memory, and above them what is being computed. */
export class LayerAssembly {
  /** Rows that its products take together. */
  readonly rows: number;
  readonly #assembly: Assembly;
  #keptBytes = 0;

  /** @throws what WebAssembly does where it is forbidden, or has no vectors */
  constructor() {
    const relaxed = startIfKnown(RELAXED_LAYERS_MODULE);
    this.#assembly = relaxed ?? startAssembly(LAYERS_MODULE);
    this.rows = relaxed ? 6 : 4;
  }

  get exports(): Assembly["exports"] {
    return this.#assembly.exports;
  }

  /** @returns where these lie from now on */
  keep(weights: Float32Array | Int8Array): number {
    const address = this.#keptBytes;
    this.#keptBytes = aligned(address + weights.byteLength);
    const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
    new Uint8Array(this.#assembly.memory(this.#keptBytes), address).set(bytes);
    return address;
  }

  /** Rooms for so many floats each, until the next call; what is in them is not known. */
  rooms(...lengths: readonly number[]): Room[] {
    const addresses: number[] = [];
    let end = this.#keptBytes;
    for (const length of lengths) {
      addresses.push(end);
      end = aligned(end + 4 * length);
    }
    const memory = this.#assembly.memory(end);
    return addresses.map((address, i) => ({ address, floats: new Float32Array(memory, address, lengths[i]) }));
  }
}

/** Not every engine has vectors that multiply and add at once. */
function startIfKnown(module: string): Assembly | undefined {
  try {
    return startAssembly(module);
  } catch {
    return undefined;
  }
}

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
