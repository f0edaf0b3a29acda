/**
 * What layers have beside products: `activate`, and what a residual block of the model's front is made of, in AssemblyScript, for
 * WebAssembly's vectors. Images are [channels, height, width], where `width` is a multiple of 8: time along their height,
 * bands along their width.
 *
 * Addresses are in bytes.
 */
import { multiply } from "./product";
import { exp, storeTwo } from "./vectors";

/** Columns that `multiply` takes together. */
const COLUMNS = 8;
/** Of a convolution: taps along an image's height, and along its width. */
const TAPS = 3;

/**
 * Lines brought to mean 0 and variance 1, scaled, through GELU, and zero beyond the utterance. `output` may be the image.
 *
 * @param mask [height]: 1 within the utterance, else 0
 * @param scale and bias: [width]
 * @param epsilon is added to the variance
 */
export function activate(
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  mask: usize,
  scale: usize,
  bias: usize,
  epsilon: f32,
  output: usize,
): void {
  const size = 4 * width;
  for (let line = 0; line < channels * height; line++, image += size, output += size) {
    let sums = f32x4.splat(0);
    for (let at = 0; at < size; at += 16) sums = f32x4.add(sums, v128.load(image + at));
    const mean = f32x4.splat(sumOf(sums) / <f32>width);
    let squares = f32x4.splat(0);
    for (let at = 0; at < size; at += 16) {
      const off = f32x4.sub(v128.load(image + at), mean);
      squares = f32x4.add(squares, f32x4.mul(off, off));
    }
    const gain = f32x4.splat(1 / sqrt(sumOf(squares) / <f32>width + epsilon));
    const within = v128.load32_splat(mask + 4 * (line % height));
    for (let at = 0; at < size; at += 16) {
      const off = f32x4.mul(f32x4.sub(v128.load(image + at), mean), gain);
      const scaled = f32x4.add(f32x4.mul(off, v128.load(scale + at)), v128.load(bias + at));
      v128.store(output + at, f32x4.mul(gelu(scaled), within));
    }
  }
}

function sumOf(x: v128): f32 {
  const first = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
  return first + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** x/2 · (1 + erf(x/√2)). */
function gelu(x: v128): v128 {
  const half = f32x4.mul(x, f32x4.splat(0.5));
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: there is no Math.SQRT1_2 among vectors.
  const erf = erfOf(f32x4.mul(x, f32x4.splat(0.7071067811865476)));
  return f32x4.add(half, f32x4.mul(half, erf));
}

/** To 2e-7: Abramowitz & Stegun, 7.1.26. */
function erfOf(x: v128): v128 {
  const size = f32x4.abs(x);
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(size, f32x4.splat(0.3275911))));
  let sum = f32x4.splat(1.061405429);
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-1.453152027));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(1.421413741));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(-0.284496736));
  sum = f32x4.add(f32x4.mul(sum, t), f32x4.splat(0.254829592));
  const rest = f32x4.mul(f32x4.mul(sum, t), exp(f32x4.neg(f32x4.mul(size, size))));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.or(f32x4.sub(one, rest), sign);
}

/**
 * A convolution of three by three taps, with zeros around the image: line by line, the product of weights and of what each tap
 * sees there.
 *
 * @param tiled [tiles, channels · 9 + 1, ROWS]: weights, an output's in a row, as `multiply` takes them
 * @param output [tiles · ROWS, height, width]
 * @param line room for width + 2
 * @param columns room for [width / 8, channels · 9 + 1, 8]
 */
export function convolve(
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  tiled: usize,
  tiles: i32,
  output: usize,
  line: usize,
  columns: usize,
): void {
  const inputs = channels * TAPS * TAPS;
  const ofBlock = 4 * COLUMNS * (inputs + 1);
  const blocks = width / COLUMNS;
  store<f32>(line, 0);
  store<f32>(line + 4 * width, 0, 4);
  for (let row = 0; row < height; row++) {
    let to = columns;
    for (let channel = 0; channel < channels; channel++) {
      for (let tap = 0; tap < TAPS; tap++, to += 4 * COLUMNS * TAPS) {
        const from = row + tap - 1;
        if (from < 0 || from >= height) memory.fill(line + 4, 0, 4 * width);
        else memory.copy(line + 4, image + 4 * (channel * height + from) * width, 4 * width);
        for (let block = 0; block < blocks; block++) spread(line + 4 * COLUMNS * block, to + ofBlock * block);
      }
    }
    const ones = f32x4.splat(1);
    for (let block = 0; block < blocks; block++) storeTwo(to + ofBlock * block, ones, ones);
    multiply(tiled, tiles, columns, blocks, inputs, output + 4 * row * width, 4 * height * width);
  }
}

/** What the three taps along a line see of it. */
function spread(line: usize, columns: usize): void {
  storeTwo(columns, v128.load(line), v128.load(line, 16));
  storeTwo(columns + 4 * COLUMNS, v128.load(line, 4), v128.load(line, 20));
  storeTwo(columns + 8 * COLUMNS, v128.load(line, 8), v128.load(line, 24));
}

/** Adds a block's result, within the utterance, to what the block was given. @param mask [height] */
export function addWithin(image: usize, added: usize, channels: i32, height: i32, width: i32, mask: usize): void {
  const size = 4 * width;
  for (let line = 0; line < channels * height; line++) {
    const within = v128.load32_splat(mask + 4 * (line % height));
    for (const end = image + size; image < end; image += 16, added += 16) {
      v128.store(image, f32x4.add(v128.load(image), f32x4.mul(v128.load(added), within)));
    }
  }
}
