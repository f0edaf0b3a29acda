/** IEEE 754's half precision, to and from its 16 bits. JavaScript has no such array on Node 20. */

const bits = new DataView(new ArrayBuffer(4));
const SMALLEST_HALF = 2 ** -24;

/** The 16 bits of `value` as a half, rounded to nearest, ties to even; what is too large becomes infinity. */
export function floatToHalf(value: number): number {
  bits.setFloat32(0, value);
  const word = bits.getUint32(0);
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 127 + 15;
  const mantissa = word & 0x7fffff;
  if (exponent >= 0x1f) return sign | 0x7c00 | (exponent === 0x8f && mantissa !== 0 ? 0x200 : 0);
  // Below 2^-14 halves have a fixed step of 2^-24, and the leading one stands in the mantissa.
  const shift = exponent > 0 ? 13 : 14 - exponent;
  if (shift > 24) return sign;
  const whole = exponent > 0 ? (exponent << 23) | mantissa : mantissa | 0x800000;
  // A carry out of the mantissa raises the exponent, as it should.
  return sign | roundToEven(whole, shift);
}

function roundToEven(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The value of a half's 16 bits, which a float32 holds exactly. */
export function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return (sign ? -mantissa : mantissa) * SMALLEST_HALF;
  const widened = exponent === 0x1f ? 0xff : exponent - 15 + 127;
  bits.setUint32(0, sign | (widened << 23) | (mantissa << 13));
  return bits.getFloat32(0);
}
