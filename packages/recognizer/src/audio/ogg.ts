/**
 * Ogg pages and packets (RFC 3533).
 *
 * Opus needs this because packets handed to libopus one by one can be decoded straight at the model's sample rate. And
 * a decoder skips a damaged page in silence, where training must know: here each page's length and checksum are tested.
 */

/** A file that is damaged; the message completes "<file>: ". */
export class DamagedAudioError extends Error {
  override readonly name = "DamagedAudioError";
}

interface OggPage {
  readonly isFirst: boolean;
  /** -1 where no packet ends on the page. */
  readonly position: number;
  /** Lengths of the segments; one of less than 255 ends a packet. */
  readonly segments: Uint8Array;
  readonly bodyStart: number;
  readonly end: number;
}

export const PAGE_HEADER_BYTES = 27;
export const CHECKSUM_OFFSET = 22;
const FIRST_PAGE_FLAG = 2;

/**
 * Splits the one stream of an Ogg file, which arrives in pieces, into packets.
 *
 * Throws DamagedAudioError where the file is cut short, a checksum fails, or there is a second stream.
 */
export class OggReader {
  /** The position after the last sample read so far, in the codec's own units. */
  position = 0;
  #rest: Uint8Array = new Uint8Array();
  #numPages = 0;
  readonly #parts: Uint8Array[] = [];

  /** The packets that end within what has been pushed so far. They may lie in `bytes`. */
  push(bytes: Uint8Array): Uint8Array[] {
    const input = this.#rest.length === 0 ? bytes : joinParts([this.#rest, bytes]);
    const packets: Uint8Array[] = [];
    let offset = 0;
    for (let page = this.#nextPage(input, offset); page; page = this.#nextPage(input, offset)) {
      this.#takePage(input, page, packets);
      offset = page.end;
    }
    this.#rest = input.slice(offset);
    return packets;
  }

  /** To be called after the last piece. */
  end(): void {
    if (this.#rest.length > 0) throw new DamagedAudioError("ends in the middle of a page; it was cut short.");
  }

  #nextPage(input: Uint8Array, offset: number): OggPage | undefined {
    return readPage(input, offset, this.#numPages);
  }

  #takePage(input: Uint8Array, page: OggPage, packets: Uint8Array[]): void {
    if (page.isFirst && this.#numPages > 0) {
      throw new DamagedAudioError("holds several streams; keep one to a file.");
    }
    let start = page.bodyStart;
    for (const length of page.segments) {
      this.#parts.push(input.slice(start, start + length));
      start += length;
      if (length < 255) packets.push(joinParts(this.#parts.splice(0)));
    }
    if (page.position >= 0) this.position = page.position;
    this.#numPages += 1;
  }
}

/** The position of the last page in the tail of a file, or undefined where the tail holds no whole page header. */
export function lastOggPosition(tail: Uint8Array): number | undefined {
  for (let offset = tail.length - PAGE_HEADER_BYTES; offset >= 0; offset--) {
    if (!isPageStart(tail, offset)) continue;
    const position = pagePosition(tail, offset);
    if (position >= 0) return position;
  }
  return undefined;
}

/** The first packet of an Ogg file, which says what codec follows; empty where there is none. */
export function firstOggPacket(bytes: Uint8Array): Uint8Array {
  if (bytes.length < PAGE_HEADER_BYTES + 1 || !isPageStart(bytes, 0)) return new Uint8Array();
  const start = PAGE_HEADER_BYTES + (bytes[26] as number);
  return bytes.subarray(start, start + (bytes[27] as number));
}

/** Undefined where the page's end is not there yet. */
function readPage(bytes: Uint8Array, offset: number, number: number): OggPage | undefined {
  const segmentsStart = offset + PAGE_HEADER_BYTES;
  if (segmentsStart > bytes.length) return undefined;
  if (!isPageStart(bytes, offset)) throw new DamagedAudioError(`is damaged: no page begins at byte ${offset}.`);
  const bodyStart = segmentsStart + (bytes[offset + 26] as number);
  const segments = bytes.subarray(segmentsStart, bodyStart);
  const end = segments.reduce((sum, length) => sum + length, bodyStart);
  if (end > bytes.length || segments.length < (bytes[offset + 26] as number)) return undefined;
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset + CHECKSUM_OFFSET, true);
  if (pageChecksum(bytes, offset, end) !== stored) {
    throw new DamagedAudioError(`is damaged: the checksum of page ${number + 1} does not match.`);
  }
  const isFirst = ((bytes[offset + 5] as number) & FIRST_PAGE_FLAG) !== 0;
  return { isFirst, position: pagePosition(bytes, offset), segments, bodyStart, end };
}

export function isPageStart(bytes: Uint8Array, offset: number): boolean {
  return (
    bytes[offset] === 0x4f && bytes[offset + 1] === 0x67 && bytes[offset + 2] === 0x67 && bytes[offset + 3] === 0x53
  );
}

function pagePosition(bytes: Uint8Array, offset: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(offset + 6, true));
}

function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const packet = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    packet.set(part, offset);
    offset += part.length;
  }
  return packet;
}

/** CRC-32 with polynomial 0x04c11db7, not reflected, over the page with its checksum field taken as zero. */
export function pageChecksum(bytes: Uint8Array, start: number, end: number): number {
  const field = start + CHECKSUM_OFFSET;
  let crc = 0;
  for (let i = start; i < end; i++) {
    const byte = i >= field && i < field + 4 ? 0 : (bytes[i] as number);
    crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] as number);
  }
  return crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});
