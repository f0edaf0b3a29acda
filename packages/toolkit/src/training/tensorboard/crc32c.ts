/**
 * CRC-32C (Castagnoli), the checksum in a TFRecord's frame. Node's zlib has CRC-32 only, whose polynomial differs.
 *
 * Method: one table look-up a byte over the reflected polynomial 0x82f63b78, as in RFC 3720, appendix B.4.
 * The mask is the TFRecord format's own: a checksum of data that itself holds checksums is a weak one, so the stored
 * value is rotated right by 15 bits and moved by a constant.
 */

const REFLECTED_POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ REFLECTED_POLYNOMIAL : remainder >>> 1;
  }
  return remainder;
});

/** The CRC-32C of `bytes`, as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}

/** The CRC-32C of `bytes` as TFRecord stores it: rotated right by 15 bits, plus 0xa282ead8, modulo 2^32. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
