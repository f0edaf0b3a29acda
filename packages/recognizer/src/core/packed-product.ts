/**
 * Products of matrices and convolutions by constant weights, in WebAssembly's vectors (assembly/product.ts): twice as fast as
 * ONNX Runtime's there, which compute the same but for the order of sums.
 */
import { type Assembly, startAssembly } from "../audio/assembly.js";
import { PRODUCT_MODULE, RELAXED_PRODUCT_MODULE } from "./product-module.js";

/** The same numbers as in assembly/product.ts. */
const ROWS = 4;
const COLUMNS = 8;
/** Rows of a product that are gone through at a time, in whole tiles: few, so that they stay in a core's own cache. */
const ROWS_TOGETHER = 96;
const ALIGNMENT = 64;

/** WebAssembly, and what lies in its memory: weights, and above them room for what is being computed. */
export class ProductAssembly {
  readonly #assembly: Assembly;
  #keptBytes = 0;

  /** @throws what WebAssembly does where it is forbidden, or has no vectors */
  constructor() {
    this.#assembly = startFirst([RELAXED_PRODUCT_MODULE, PRODUCT_MODULE]);
  }

  get exports(): Assembly["exports"] {
    return this.#assembly.exports;
  }

  /** Where these lie from now on. */
  keep(floats: Float32Array): number {
    const address = this.#keptBytes;
    this.#keptBytes = aligned(address + 4 * floats.length);
    new Float32Array(this.#assembly.memory(this.#keptBytes), address).set(floats);
    return address;
  }

  /** Rooms for so many floats each, until the next call; what is in them is not known. */
  rooms(...lengths: readonly number[]): { readonly address: number; readonly floats: Float32Array }[] {
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

/** The first that this engine takes. */
function startFirst(modules: readonly [string, string]): Assembly {
  try {
    return startAssembly(modules[0]);
  } catch {
    return startAssembly(modules[1]);
  }
}

const aligned = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export interface ProductWeights {
  readonly inputs: number;
  readonly outputs: number;
  /** [outputs, inputs], or [inputs, outputs] where `isTransposed`. */
  readonly weights: { readonly data: Float32Array };
  readonly isTransposed: boolean;
  /** [outputs]; default zeros. */
  readonly bias?: Float32Array | undefined;
}

/** Rows of inputs to rows of outputs. */
export class PackedProduct {
  readonly #assembly: ProductAssembly;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #columns: number;

  static takes({ outputs }: Pick<ProductWeights, "outputs">): boolean {
    return outputs % COLUMNS === 0;
  }

  constructor(assembly: ProductAssembly, product: ProductWeights) {
    this.#assembly = assembly;
    this.#inputs = product.inputs;
    this.#outputs = product.outputs;
    this.#columns = assembly.keep(inColumns(product));
  }

  /** @param rows [rows, inputs] @returns [rows, outputs] */
  run(rows: Float32Array): Float32Array<ArrayBuffer> {
    const [inputs, outputs] = [this.#inputs, this.#outputs];
    const numRows = rows.length / inputs;
    const found = new Float32Array(numRows * outputs);
    const together = Math.ceil(Math.min(ROWS_TOGETHER, numRows) / ROWS) * ROWS;
    const lengths = [together * inputs, together * (inputs + 1), together * outputs];
    const [given, tiled, sums] = this.#assembly.rooms(...lengths);
    const { tile, multiply } = this.#assembly.exports;
    for (let done = 0; done < numRows; done += together) {
      const count = Math.min(together, numRows - done);
      // What is left of earlier rows in the last tile is multiplied too, and nobody reads it.
      const tiles = Math.ceil(count / ROWS);
      given!.floats.set(rows.subarray(done * inputs, (done + count) * inputs));
      tile!(given!.address, tiled!.address, tiles, inputs);
      const blocks = outputs / COLUMNS;
      multiply!(tiled!.address, tiles, this.#columns, blocks, inputs, sums!.address, 4 * outputs);
      found.set(sums!.floats.subarray(0, count * outputs), done * outputs);
    }
    return found;
  }
}

/** To [block, inputs + 1, output of the block], the last of inputs being the bias. */
function inColumns({ inputs, outputs, weights: { data }, isTransposed, bias }: ProductWeights): Float32Array {
  const columns = new Float32Array((inputs + 1) * outputs);
  const [ofOutput, ofInput] = isTransposed ? [1, outputs] : [inputs, 1];
  for (let block = 0, to = 0; block < outputs; block += COLUMNS) {
    for (let input = 0; input < inputs; input++) {
      for (let output = block; output < block + COLUMNS; output++) {
        columns[to++] = data[output * ofOutput + input * ofInput]!;
      }
    }
    if (bias) columns.set(bias.subarray(block, block + COLUMNS), to);
    to += COLUMNS;
  }
  return columns;
}
