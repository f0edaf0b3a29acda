/**
 * The TFRecord frame around each event of a TensorBoard file:
 *
 *     uint64 length | uint32 masked CRC-32C of the length | data | uint32 masked CRC-32C of the data
 *
 * all little-endian. Format: TensorFlow's guide "TFRecord and tf.train.Example", section "TFRecords format details".
 */

import { maskedCrc32c } from "./crc32.js";

const LENGTH_BYTES = 8;
const CRC_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + CRC_BYTES;

/** A record that cannot be read: cut short, or changed since it was written. */
export class RecordError extends Error {
  override readonly name = "RecordError";

  /** @param byteOffset where in the file the unreadable part starts */
  constructor(
    readonly path: string,
    problem: string,
    readonly byteOffset: number,
  ) {
    super(`${path}: byte ${byteOffset}: ${problem}`);
  }
}

/** Frames `data` as one TFRecord of 16 bytes more. */
export function frameRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(HEADER_BYTES + data.length + CRC_BYTES);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  record.set(data, HEADER_BYTES);
  record.writeUInt32LE(maskedCrc32c(data), HEADER_BYTES + data.length);
  return record;
}

/**
 * Yields the data of each record in `bytes`, the whole content of the file `path`, in order.
 *
 * @throws RecordError at the first record that is cut short or fails a checksum; the records before it were yielded
 */
export function* splitRecords(bytes: Buffer, path: string): Generator<{ data: Buffer; byteOffset: number }> {
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + HEADER_BYTES;
    if (start > bytes.length) throw new RecordError(path, "the last record is cut short", offset);
    checkCrc(bytes, offset, offset + LENGTH_BYTES, path, "length");

    const end = start + Number(bytes.readBigUInt64LE(offset));
    if (end + CRC_BYTES > bytes.length) throw new RecordError(path, "the last record is cut short", offset);
    checkCrc(bytes, start, end, path, "data");

    yield { data: bytes.subarray(start, end), byteOffset: offset };
    offset = end + CRC_BYTES;
  }
}

function checkCrc(bytes: Buffer, start: number, end: number, path: string, part: "length" | "data"): void {
  const stored = bytes.readUInt32LE(end);
  const computed = maskedCrc32c(bytes.subarray(start, end));
  if (stored === computed) return;
  throw new RecordError(path, `a record's ${part} has checksum ${hex(computed)}, but ${hex(stored)} is stored`, start);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
