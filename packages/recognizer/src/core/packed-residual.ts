/**
 * A residual block of the model's front, in WebAssembly's vectors (assembly/residual.ts): twice, LayerNorm over bands, GELU and a
 * convolution, the sum of which with what the block was given is its result.
 */
import { COLUMNS, type LayerAssembly, type Norm, type Room } from "./layer-assembly.js";

const TAPS = 3;
/** What each product of a convolution (assembly/residual.ts) multiplies of the three taps along time. */
const OF_TAPS = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
] as const;
/** The product that is part of every line, once: in it is the bias. */
const OF_BIAS = 1;

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
      ...[width, width + 2, width * (channels * TAPS + 1), OF_TAPS.length * tiles * rows * width],
    ];
    const [image, within, active, sums, zeros, ...rooms] = this.#assembly.rooms(...lengths) as Rooms;
    zeros.floats.fill(0);
    const forConvolution = [zeros, ...rooms].map(({ address }) => address);
    const { activate, convolve, addWithin } = this.#assembly.exports;
    const found = new Float32Array(images.length);
    for (let row = 0; row < images.length / size; row++) {
      image.floats.set(images.subarray(row * size, (row + 1) * size));
      within.floats.set(mask.subarray(row * numFrames, (row + 1) * numFrames));
      const sizes = [channels, numFrames, width];
      let from = image;
      for (const { tiled, scale, shift, epsilon } of this.#convolutions) {
        activate!(from.address, ...sizes, within.address, scale, shift, epsilon, active.address);
        convolve!(active.address, ...sizes, tiled, tiles, sums.address, ...forConvolution);
        from = sums;
      }
      addWithin!(image.address, sums.address, ...sizes, within.address);
      found.set(image.floats, row * size);
    }
    return found;
  }
}

type Rooms = [Room, Room, Room, Room, Room, Room, Room, Room];

/** To [product, tile, channels · 3 + 1, output of the tile], the last being the bias. */
function inTiles(
  rows: number,
  { channels, weights, bias }: { channels: number; weights: Float32Array; bias: Float32Array },
): Float32Array {
  const inputs = channels * TAPS;
  const ofProduct = Math.ceil(channels / rows) * rows * (inputs + 1);
  const tiles = new Float32Array(OF_TAPS.length * ofProduct);
  for (const [product, ofTaps] of OF_TAPS.entries()) {
    for (let output = 0; output < channels; output++) {
      const start = product * ofProduct + Math.floor(output / rows) * rows * (inputs + 1) + (output % rows);
      for (let input = 0; input < inputs; input++) {
        const [channel, inBand] = [Math.floor(input / TAPS), input % TAPS];
        const own = (output * channels + channel) * TAPS * TAPS + inBand;
        const alongTime = ofTaps.map((share, inTime) => share * weights[own + inTime * TAPS]!);
        tiles[start + input * rows] = alongTime.reduce((sum, weight) => sum + weight);
      }
      if (product === OF_BIAS) tiles[start + inputs * rows] = bias[output]!;
    }
  }
  return tiles;
}
