/**
 * What layers have beside products: `activate`, and what a residual block of the model's front is made of, in AssemblyScript, for
 * WebAssembly's vectors. Images are [channels, height, width], where `width` is a multiple of 8: time along their height,
 * bands along their width.
 *
 * Addresses are in bytes.
 */
import { multiply, ROWS } from "./product";
import { exp, storeTwo } from "./vectors";

/** Columns that `multiply` takes together. */
const COLUMNS = 8;
/** Of a convolution: taps along an image's height, and along its width. */
const TAPS = 3;
/** Lines that a convolution makes together, and of how many products. */
const LINES = 4;
const PRODUCTS = 6;

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
 * A convolution of three by three taps, with zeros around the image. Along its height, four outputs are made of six products
 * instead of twelve ("minimal filtering": S. Winograd 1980; A. Lavin & S. Gray, CVPR 2016): each is of weights and of what the
 * three taps along the width see of a sum of lines.
 *
 * @param tiled [6, tiles, channels · 3 + 1, ROWS]: weights of each product, an output's in a row, as `multiply` takes them
 * @param output [tiles · ROWS, height, width]
 * @param zeros [width]
 * @param line room for width + 2
 * @param columns room for [width / 8, channels · 3 + 1, 8]
 * @param products room for [6, tiles · ROWS, width]
 */
export function convolve(
  image: usize,
  channels: i32,
  height: i32,
  width: i32,
  tiled: usize,
  tiles: i32,
  output: usize,
  zeros: usize,
  line: usize,
  columns: usize,
  products: usize,
): void {
  const inputs = channels * TAPS;
  const ofBlock = 4 * COLUMNS * (inputs + 1);
  const blocks = width / COLUMNS;
  const ofProduct = 4 * tiles * ROWS * width;
  store<f32>(line, 0);
  store<f32>(line + 4 * width, 0, 4);
  const ones = f32x4.splat(1);
  for (let block = 0; block < blocks; block++) storeTwo(columns + ofBlock * block + ofBlock - 32, ones, ones);
  for (let row = 0; row < height; row += LINES) {
    for (let product = 0; product < PRODUCTS; product++) {
      let to = columns;
      for (let channel = 0; channel < channels; channel++, to += 4 * COLUMNS * TAPS) {
        sumLines(product, image + 4 * channel * height * width, row - 1, height, width, zeros, line + 4);
        for (let block = 0; block < blocks; block++) spread(line + 4 * COLUMNS * block, to + ofBlock * block);
      }
      const weights = tiled + 4 * product * tiles * ROWS * (inputs + 1);
      multiply(weights, tiles, columns, blocks, inputs, products + product * ofProduct, 4 * width);
    }
    for (let channel = 0; channel < tiles * ROWS; channel++) {
      const lines = min(LINES, height - row);
      sumProducts(
        products + 4 * channel * width,
        ofProduct,
        output + 4 * (channel * height + row) * width,
        lines,
        width,
      );
    }
  }
}

/** What a product hears of six lines, the first of which is `first`; those outside the image are zeros. */
function sumLines(product: i32, image: usize, first: i32, height: i32, width: i32, zeros: usize, output: usize): void {
  const size = 4 * width;
  const b = lineOf(image, first + 1, height, size, zeros);
  const c = lineOf(image, first + 2, height, size, zeros);
  const d = lineOf(image, first + 3, height, size, zeros);
  const e = lineOf(image, first + 4, height, size, zeros);
  if (product === 0 || product === 5) {
    // 4a - 5c + e, and the same of lines one further.
    const a = product === 0 ? lineOf(image, first, height, size, zeros) : b;
    const middle = product === 0 ? c : d;
    const last = product === 0 ? e : lineOf(image, first + 5, height, size, zeros);
    for (let at = 0; at < size; at += 16) {
      const outer = f32x4.add(f32x4.mul(f32x4.splat(4), v128.load(a + at)), v128.load(last + at));
      v128.store(output + at, f32x4.sub(outer, f32x4.mul(f32x4.splat(5), v128.load(middle + at))));
    }
    return;
  }
  // (e - 4c) ± (d - 4b), and (e - c) ± 2(d - b).
  const ofEarlier = f32x4.splat(product < 3 ? 4 : 1);
  const ofOdd = f32x4.splat(product === 1 ? 1 : product === 2 ? -1 : product === 3 ? 2 : -2);
  for (let at = 0; at < size; at += 16) {
    const even = f32x4.sub(v128.load(e + at), f32x4.mul(ofEarlier, v128.load(c + at)));
    const odd = f32x4.sub(v128.load(d + at), f32x4.mul(ofEarlier, v128.load(b + at)));
    v128.store(output + at, f32x4.add(even, f32x4.mul(ofOdd, odd)));
  }
}

function lineOf(image: usize, line: i32, height: i32, size: i32, zeros: usize): usize {
  return line < 0 || line >= height ? zeros : image + line * size;
}

/** What the three taps along a line see of it. */
function spread(line: usize, columns: usize): void {
  storeTwo(columns, v128.load(line), v128.load(line, 16));
  storeTwo(columns + 4 * COLUMNS, v128.load(line, 4), v128.load(line, 20));
  storeTwo(columns + 8 * COLUMNS, v128.load(line, 8), v128.load(line, 24));
}

/** The first `lines` of the four lines that six products make. */
function sumProducts(products: usize, ofProduct: i32, output: usize, lines: i32, width: i32): void {
  const size = 4 * width;
  for (let at = 0; at < size; at += 16, products += 16, output += 16) {
    const b = v128.load(products + ofProduct);
    const c = v128.load(products + 2 * ofProduct);
    const d = v128.load(products + 3 * ofProduct);
    const e = v128.load(products + 4 * ofProduct);
    const near = f32x4.add(b, c);
    const far = f32x4.add(d, e);
    v128.store(output, f32x4.add(v128.load(products), f32x4.add(near, far)));
    const nearOdd = f32x4.sub(b, c);
    const farOdd = f32x4.sub(d, e);
    if (lines > 1) v128.store(output + size, f32x4.add(nearOdd, f32x4.mul(f32x4.splat(2), farOdd)));
    if (lines > 2) v128.store(output + 2 * size, f32x4.add(near, f32x4.mul(f32x4.splat(4), far)));
    if (lines > 3) {
      const last = f32x4.add(nearOdd, v128.load(products + 5 * ofProduct));
      v128.store(output + 3 * size, f32x4.add(last, f32x4.mul(f32x4.splat(8), farOdd)));
    }
  }
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
