/**
 * A residual block of the model's front, in WebAssembly's vectors (assembly/residual.ts): twice, LayerNorm over bands, GELU and a
 * convolution, the sum of which with what the block was given is its result.
 */
import { COLUMNS, type LayerAssembly, type Norm, type Room } from "./layer-assembly.js";

const TAPS = 3;

export interface NormalisedConvolution {
  readonly norm: Norm;
  /** [channels, channels, 3, 3] */
  readonly weights: Float32Array;
  /** [channels] */
  readonly bias: Float32Array;
}

export interface ResidualWeights {
  readonly channels: number;
  /** Bands. */
  readonly width: number;
  readonly convolutions: readonly [NormalisedConvolution, NormalisedConvolution];
}

/** Where a convolution's weights lie. */
interface Places {
  readonly tiled: number;
  readonly scale: number;
  readonly shift: number;
  readonly epsilon: number;
}

export class PackedResidual {
  readonly #assembly: LayerAssembly;
  readonly #channels: number;
  readonly #width: number;
  readonly #convolutions: readonly Places[];

  static takes({ width }: Pick<ResidualWeights, "width">): boolean {
    return width % COLUMNS === 0;
  }

  constructor(assembly: LayerAssembly, { channels, width, convolutions }: ResidualWeights) {
    this.#assembly = assembly;
    this.#channels = channels;
    this.#width = width;
    this.#convolutions = convolutions.map(({ norm, weights, bias }) => ({
      tiled: assembly.keep(inTiles(assembly.rows, { channels, weights, bias })),
      scale: assembly.keep(norm.scale),
      shift: assembly.keep(norm.shift),
      epsilon: norm.epsilon,
    }));
  }

  /**
   * @param images [batch, channels, frames, width]
   * @param mask [batch, frames]: 1 within an utterance, else 0
   * @param numFrames of each image
   * @returns as `images`
   */
  run(images: Float32Array, mask: Float32Array, numFrames: number): Float32Array<ArrayBuffer> {
    const [channels, width] = [this.#channels, this.#width];
    const size = channels * numFrames * width;
    const { rows } = this.#assembly;
    const tiles = Math.ceil(channels / rows);
    const lengths = [
      ...[size, numFrames, size, tiles * rows * numFrames * width],
      ...[width + 2, width * (channels * TAPS * TAPS + 1)],
    ];
    const [image, within, active, sums, line, columns] = this.#assembly.rooms(...lengths) as Rooms;
    const { activate, convolve, addWithin } = this.#assembly.exports;
    const found = new Float32Array(images.length);
    for (let row = 0; row < images.length / size; row++) {
      image.floats.set(images.subarray(row * size, (row + 1) * size));
      within.floats.set(mask.subarray(row * numFrames, (row + 1) * numFrames));
      const sizes = [channels, numFrames, width];
      let from = image;
      for (const { tiled, scale, shift, epsilon } of this.#convolutions) {
        activate!(from.address, ...sizes, within.address, scale, shift, epsilon, active.address);
        convolve!(active.address, ...sizes, tiled, tiles, sums.address, line.address, columns.address);
        from = sums;
      }
      addWithin!(image.address, sums.address, ...sizes, within.address);
      found.set(image.floats, row * size);
    }
    return found;
  }
}

type Rooms = [Room, Room, Room, Room, Room, Room];

/** To [tile, channels · 9 + 1, output of the tile], the last being the bias. */
function inTiles(
  rows: number,
  { channels, weights, bias }: { channels: number; weights: Float32Array; bias: Float32Array },
): Float32Array {
  const inputs = channels * TAPS * TAPS;
  const tiles = new Float32Array(Math.ceil(channels / rows) * rows * (inputs + 1));
  for (let output = 0; output < channels; output++) {
    const start = Math.floor(output / rows) * rows * (inputs + 1) + (output % rows);
    for (let input = 0; input < inputs; input++) tiles[start + input * rows] = weights[output * inputs + input]!;
    tiles[start + inputs * rows] = bias[output]!;
  }
  return tiles;
}
