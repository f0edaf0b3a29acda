/**
 * Two checksums of 32 bits: CRC-32C (Castagnoli) in a TFRecord's frame, CRC-32 in a PNG's chunks. Node's zlib has the
 * second alone, and only since 20.15; the two differ in nothing but the polynomial.
 *
 * Method: one table look-up a byte over the reflected polynomial, as in RFC 3720, appendix B.4, and in the PNG
 * specification, annex D.
 * The mask is the TFRecord format's own: a checksum of data that itself holds checksums is a weak one, so the stored
 * value is rotated right by 15 bits and moved by a constant.
 */

const MASK_DELTA = 0xa282ead8;

const CASTAGNOLI = tableOf(0x82f63b78);
const IEEE_802_3 = tableOf(0xedb88320);

/** The CRC-32C of `bytes`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, CASTAGNOLI);
}

/** The CRC-32 of `bytes`, as an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array): number {
  return checksum(bytes, IEEE_802_3);
}

/** The CRC-32C of `bytes` as TFRecord stores it: rotated right by 15 bits, plus 0xa282ead8, modulo 2^32. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** What each value of a byte leaves as remainder. */
function tableOf(reflectedPolynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? (remainder >>> 1) ^ reflectedPolynomial : remainder >>> 1;
    }
    return remainder;
  });
}

function checksum(bytes: Uint8Array, table: Uint32Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
