/**
 * Products of matrices by constant weights, in WebAssembly's vectors (assembly/product.ts): up to twice as fast as ONNX Runtime's
 * there, which are the same but for the order of sums.
 */
import { COLUMNS, type LayerAssembly, type Norm, type Room } from "./layer-assembly.js";

/** Rows that are gone through at a time, in whole tiles of 4 or 6: few, so that they stay in a core's own cache. */
const ROWS_TOGETHER = 96;
/** Floats of a vector. */
const LANES = 4;

export interface ProductWeights {
  readonly inputs: number;
  readonly outputs: number;
  /** [outputs, inputs], or [inputs, outputs] where `isTransposed`. */
  readonly weights: { readonly data: Float32Array };
  readonly isTransposed: boolean;
  /** [outputs]; default zeros. */
  readonly bias?: Float32Array | undefined;
  /** Of the inputs, and GELU after it. Default: none. */
  readonly norm?: Norm | undefined;
}

/** Rows of inputs to rows of outputs. */
export class PackedProduct {
  readonly #assembly: LayerAssembly;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #columns: number;
  readonly #norm: { readonly scale: number; readonly shift: number; readonly epsilon: number } | undefined;

  static takes({ inputs, outputs, norm }: Pick<ProductWeights, "inputs" | "outputs" | "norm">): boolean {
    return outputs % COLUMNS === 0 && (!norm || inputs % LANES === 0);
  }

  constructor(assembly: LayerAssembly, product: ProductWeights) {
    this.#assembly = assembly;
    this.#inputs = product.inputs;
    this.#outputs = product.outputs;
    this.#columns = assembly.keep(inColumns(product));
    const { norm } = product;
    this.#norm = norm && { ...norm, scale: assembly.keep(norm.scale), shift: assembly.keep(norm.shift) };
  }

  /** @param rows [rows, inputs] @returns [rows, outputs] */
  run(rows: Float32Array): Float32Array<ArrayBuffer> {
    const [inputs, outputs] = [this.#inputs, this.#outputs];
    const numRows = rows.length / inputs;
    const found = new Float32Array(numRows * outputs);
    const together = Math.ceil(Math.min(ROWS_TOGETHER, numRows) / this.#assembly.rows) * this.#assembly.rows;
    const lengths = [together * inputs, together, together * (inputs + 1), together * outputs];
    const [given, ones, tiled, sums] = this.#assembly.rooms(...lengths) as [Room, Room, Room, Room];
    ones.floats.fill(1);
    const { activate, tile, multiply } = this.#assembly.exports;
    for (let done = 0; done < numRows; done += together) {
      const count = Math.min(together, numRows - done);
      given.floats.set(rows.subarray(done * inputs, (done + count) * inputs));
      if (this.#norm) {
        const { scale, shift, epsilon } = this.#norm;
        activate!(given.address, 1, count, inputs, ones.address, scale, shift, epsilon, given.address);
      }
      // What is left of earlier rows in the last tile is multiplied too, and nobody reads it.
      const tiles = Math.ceil(count / this.#assembly.rows);
      tile!(given.address, tiled.address, tiles, inputs);
      multiply!(tiled.address, tiles, this.#columns, outputs / COLUMNS, inputs, sums.address, 4 * outputs);
      found.set(sums.floats.subarray(0, count * outputs), done * outputs);
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
