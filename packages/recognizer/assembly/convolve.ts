/**
 * The inner loop of resampling, in AssemblyScript, for WebAssembly's vectors: `convolveHere` of src/audio/polyphase.ts, sum by sum
 * and so to the same bits. tools/build-assembly.mjs compiles it.
 *
 * Addresses are in bytes; `input` is the first sample under the first output's row, and `phase` that row.
 */
export function convolve(
  input: usize,
  coefficients: usize,
  output: usize,
  count: i32,
  up: i32,
  down: i32,
  taps: i32,
  phase: i32,
): void {
  for (const end = output + 4 * count; output < end; output += 4) {
    let coefficient = coefficients + 4 * phase * taps;
    let first = f32x4.splat(0);
    let second = f32x4.splat(0);
    for (let sample = input, last = input + 4 * taps; sample < last; sample += 32, coefficient += 32) {
      first = f32x4.add(first, f32x4.mul(v128.load(sample), v128.load(coefficient)));
      second = f32x4.add(second, f32x4.mul(v128.load(sample, 16), v128.load(coefficient, 16)));
    }
    const sums = f32x4.add(first, second);
    const low = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 1);
    f32.store(output, low + (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3)));
    phase += down;
    input += 4 * (phase / up);
    phase %= up;
  }
}
