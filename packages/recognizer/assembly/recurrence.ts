/**
 * A GRU's steps over one utterance in one direction, in AssemblyScript, for WebAssembly's vectors. `pack` of
 * src/core/packed-recurrence.ts says how weights lie, and tools/build-assembly.mjs compiles it.
 *
 * Weights have 8 bits, and the state twice 16 where it meets them, which is more than a float's: `i32x4.dot_i16x8_s` adds two
 * products in each of four lanes, where floats take two instructions for one, and a direction's weights are a quarter as large,
 * which is what a processor's own cache holds. Sums are whole numbers within a group of inputs that share a scale, floats
 * beyond it.
 *
 * Addresses are in bytes.
 */

import { exp } from "./vectors";

/** Outputs whose sums are in registers at a time, four in a vector. */
const OUTPUTS = 16;
/** What the state's 1 is in 16 bits. */
const LARGEST: f32 = 32767;

/**
 * @param gates [frames, 3 · hidden], in the order in which they are heard: what inputs say of the update, reset and new gates,
 *   all biases in it but the new gate's for the state
 * @param output [frames, hidden]
 * @param groups of inputs that share a scale
 * @param bias the new gate's, for the state
 * @param state floats, of the utterance's first frame
 * @param halves room for the state in twice 16 bits
 * @param sums room for what the state says of the gates
 */
export function recur(
  gates: usize,
  output: usize,
  frames: i32,
  hidden: i32,
  groups: i32,
  weights: usize,
  scales: usize,
  bias: usize,
  state: usize,
  halves: usize,
  sums: usize,
): void {
  const blocks = (3 * hidden + OUTPUTS - 1) / OUTPUTS;
  const groupPairs = hidden / groups / 2;
  for (let frame = 0; frame < frames; frame++) {
    split(state, halves, hidden);
    multiply(halves, 2 * hidden, sums, blocks, groups, groupPairs, weights, scales);
    step(gates, sums, bias, state, output, hidden);
    gates += 12 * hidden;
    output += 4 * hidden;
  }
}

/** The state, within -1 and 1, to 16 bits, and what that leaves of it to 16 more, behind them. */
function split(state: usize, halves: usize, hidden: i32): void {
  const largest = f32x4.splat(LARGEST);
  const behind = 2 * hidden;
  for (const end = state + 4 * hidden; state < end; state += 32, halves += 16) {
    const first = f32x4.mul(v128.load(state), largest);
    const second = f32x4.mul(v128.load(state, 16), largest);
    const firstWhole = f32x4.nearest(first);
    const secondWhole = f32x4.nearest(second);
    v128.store(halves, narrowed(firstWhole, secondWhole));
    const firstRest = f32x4.mul(f32x4.sub(first, firstWhole), largest);
    const secondRest = f32x4.mul(f32x4.sub(second, secondWhole), largest);
    v128.store(halves + behind, narrowed(f32x4.nearest(firstRest), f32x4.nearest(secondRest)));
  }
}

function narrowed(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high));
}

function multiply(
  halves: usize,
  behind: usize,
  sums: usize,
  blocks: i32,
  groups: i32,
  groupPairs: i32,
  weights: usize,
  scales: usize,
): void {
  for (let block = 0; block < blocks; block++) {
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    let pair = halves;
    for (let group = 0; group < groups; group++) {
      let a1 = i32x4.splat(0);
      let b1 = i32x4.splat(0);
      let c1 = i32x4.splat(0);
      let d1 = i32x4.splat(0);
      let a2 = i32x4.splat(0);
      let b2 = i32x4.splat(0);
      let c2 = i32x4.splat(0);
      let d2 = i32x4.splat(0);
      for (const end = pair + 4 * groupPairs; pair < end; pair += 4, weights += 32) {
        const whole = v128.load32_splat(pair);
        const rest = v128.load32_splat(pair + behind);
        const ofA = v128.load8x8_s(weights);
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(whole, ofA));
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(rest, ofA));
        const ofB = v128.load8x8_s(weights, 8);
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(whole, ofB));
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(rest, ofB));
        const ofC = v128.load8x8_s(weights, 16);
        c1 = i32x4.add(c1, i32x4.dot_i16x8_s(whole, ofC));
        c2 = i32x4.add(c2, i32x4.dot_i16x8_s(rest, ofC));
        const ofD = v128.load8x8_s(weights, 24);
        d1 = i32x4.add(d1, i32x4.dot_i16x8_s(whole, ofD));
        d2 = i32x4.add(d2, i32x4.dot_i16x8_s(rest, ofD));
      }
      a = f32x4.add(a, f32x4.mul(joined(a1, a2), v128.load(scales)));
      b = f32x4.add(b, f32x4.mul(joined(b1, b2), v128.load(scales, 16)));
      c = f32x4.add(c, f32x4.mul(joined(c1, c2), v128.load(scales, 32)));
      d = f32x4.add(d, f32x4.mul(joined(d1, d2), v128.load(scales, 48)));
      scales += 64;
    }
    v128.store(sums, a);
    v128.store(sums, b, 16);
    v128.store(sums, c, 32);
    v128.store(sums, d, 48);
    sums += 64;
  }
}

/** Sums over the state's two parts. */
function joined(wholes: v128, rests: v128): v128 {
  const ofRests = f32x4.mul(f32x4.convert_i32x4_s(rests), f32x4.splat(1 / LARGEST));
  return f32x4.add(f32x4.convert_i32x4_s(wholes), ofRests);
}

/** The state of the next frame, which is also the frame's output. */
function step(gates: usize, sums: usize, bias: usize, state: usize, output: usize, hidden: i32): void {
  const reset = 4 * hidden;
  const fresh = 8 * hidden;
  for (const end = state + 4 * hidden; state < end; ) {
    const update = sigmoid(f32x4.add(v128.load(gates), v128.load(sums)));
    const open = sigmoid(f32x4.add(v128.load(gates + reset), v128.load(sums + reset)));
    const ofState = f32x4.mul(open, f32x4.add(v128.load(sums + fresh), v128.load(bias)));
    const candidate = tanh(f32x4.add(v128.load(gates + fresh), ofState));
    const next = f32x4.add(candidate, f32x4.mul(update, f32x4.sub(v128.load(state), candidate)));
    v128.store(state, next);
    v128.store(output, next);
    gates += 16;
    sums += 16;
    bias += 16;
    state += 16;
    output += 16;
  }
}

function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

function tanh(x: v128): v128 {
  return f32x4.sub(f32x4.mul(f32x4.splat(2), sigmoid(f32x4.add(x, x))), f32x4.splat(1));
}
