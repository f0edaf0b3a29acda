/**
 * Products of matrices of floats, in AssemblyScript, for WebAssembly's vectors. src/core/packed-product.ts says how matrices lie,
 * and tools/build-assembly.mjs compiles it twice: some engines can multiply and add in one instruction ("relaxed SIMD").
 *
 * Sums are over `inputs` numbers and a last one, which is 1 in one matrix and the sum's own beginning, a bias, in the other.
 * Addresses are in bytes.
 */

import { storeTwo } from "./vectors";

/**
 * Rows and columns whose sums are in registers at a time, four columns in a vector: as many as leave engines registers for what is
 * multiplied. Where that takes a product and a sum, it needs one more.
 */
export const ROWS = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
const COLUMNS = 8;

/**
 * Rows as `multiply` takes them.
 *
 * @param rows [tiles · ROWS, inputs]
 * @param tiled [tiles, inputs + 1, ROWS]
 */
export function tile(rows: usize, tiled: usize, tiles: i32, inputs: i32): void {
  const stride = 4 * inputs;
  for (let own = 0; own < tiles; own++) {
    for (const end = rows + stride; rows < end; rows += 4, tiled += 4 * ROWS) {
      store<f32>(tiled, load<f32>(rows));
      store<f32>(tiled, load<f32>(rows + stride), 4);
      store<f32>(tiled, load<f32>(rows + 2 * stride), 8);
      store<f32>(tiled, load<f32>(rows + 3 * stride), 12);
      if (ROWS > 4) {
        store<f32>(tiled, load<f32>(rows + 4 * stride), 16);
        store<f32>(tiled, load<f32>(rows + 5 * stride), 20);
      }
    }
    rows += (ROWS - 1) * stride;
    for (let row = 0; row < ROWS; row++, tiled += 4) store<f32>(tiled, 1);
  }
}

/**
 * @param tiled [tiles, inputs + 1, ROWS]: one matrix's rows
 * @param columns [blocks, inputs + 1, 8]: the other's columns
 * @param sums [tiles · ROWS, blocks · 8], rows of which lie `stride` bytes apart
 */
export function multiply(
  tiled: usize,
  tiles: i32,
  columns: usize,
  blocks: i32,
  inputs: i32,
  sums: usize,
  stride: i32,
): void {
  const ofTile = 4 * ROWS * (inputs + 1);
  for (let block = 0; block < blocks; block++, sums += 4 * COLUMNS) {
    for (let own = 0; own < tiles; own++) {
      multiplyTile(tiled + own * ofTile, tiled + (own + 1) * ofTile, columns, sums + own * ROWS * stride, stride);
    }
    columns += 4 * COLUMNS * (inputs + 1);
  }
}

function multiplyTile(row: usize, end: usize, columns: usize, sums: usize, stride: i32): void {
  let a1 = f32x4.splat(0);
  let b1 = a1;
  let a2 = a1;
  let b2 = a1;
  let a3 = a1;
  let b3 = a1;
  let a4 = a1;
  let b4 = a1;
  let a5 = a1;
  let b5 = a1;
  let a6 = a1;
  let b6 = a1;
  for (; row < end; row += 4 * ROWS, columns += 4 * COLUMNS) {
    const a = v128.load(columns);
    const b = v128.load(columns, 16);
    let value = v128.load32_splat(row);
    a1 = multiplyAdd(value, a, a1);
    b1 = multiplyAdd(value, b, b1);
    value = v128.load32_splat(row, 4);
    a2 = multiplyAdd(value, a, a2);
    b2 = multiplyAdd(value, b, b2);
    value = v128.load32_splat(row, 8);
    a3 = multiplyAdd(value, a, a3);
    b3 = multiplyAdd(value, b, b3);
    value = v128.load32_splat(row, 12);
    a4 = multiplyAdd(value, a, a4);
    b4 = multiplyAdd(value, b, b4);
    if (ROWS > 4) {
      value = v128.load32_splat(row, 16);
      a5 = multiplyAdd(value, a, a5);
      b5 = multiplyAdd(value, b, b5);
      value = v128.load32_splat(row, 20);
      a6 = multiplyAdd(value, a, a6);
      b6 = multiplyAdd(value, b, b6);
    }
  }
  storeTwo(sums, a1, b1);
  storeTwo(sums + stride, a2, b2);
  storeTwo(sums + 2 * stride, a3, b3);
  storeTwo(sums + 3 * stride, a4, b4);
  if (ROWS > 4) {
    storeTwo(sums + 4 * stride, a5, b5);
    storeTwo(sums + 5 * stride, a6, b6);
  }
}

function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(f32x4.mul(a, b), sum);
}
