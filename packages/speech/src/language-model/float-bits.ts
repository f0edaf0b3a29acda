/** Float32 values inside arrays of unsigned 32-bit numbers: records hold word ids and probabilities side by side. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The bits of `value`, rounded to Float32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return bits[0] as number;
}

/** The Float32 whose bits stand at `index`. */
export function floatAt(data: Uint32Array, index: number): number {
  bits[0] = data[index] as number;
  return float[0] as number;
}
