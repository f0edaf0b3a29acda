/**
 * Ogg pages and packets (RFC 3533).
 *
 * A decoder skips a damaged page in silence, where training must know: here each page's length and checksum are tested.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import { joinBytes } from "./join-arrays.js";
import { isText, TAG_HEADER_BYTES, TagSkipper, tagBytes } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";

export interface OggPage {
  /** Which of the streams in the file it belongs to. */
  readonly serial: number;
  /** Whether a stream begins with it. */
  readonly isFirst: boolean;
  /** Whether its first packet began on an earlier page. */
  readonly isContinued: boolean;
  /** The position after the last sample of what ends on it, in the codec's own units; -1 where no packet ends on it. */
  readonly position: number;
  /** Lengths of the segments; one of less than 255 ends a packet. */
  readonly segments: Uint8Array;
  readonly body: Uint8Array;
  /** The page as it stands in the file. */
  readonly bytes: Uint8Array;
}

export const PAGE_HEADER_BYTES = 27;
export const CHECKSUM_OFFSET = 22;
const FLAGS_OFFSET = 5;
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

/** Splits a file that arrives in pieces, cut anywhere, into pages; tags may stand behind them. */
export class OggPages {
  readonly #rest = new WaitingBytes();
  #position = 0;
  #numPages = 0;
  #tags: TagSkipper | undefined;

  /** The pages that are whole. Their bytes may lie in `bytes`. Throws DamagedAudioError. */
  push(bytes: Uint8Array): OggPage[] {
    return this.#split(bytes, false);
  }

  /** Throws DamagedAudioError where the file ends within a page. */
  end(): OggPage[] {
    const pages = this.#split(new Uint8Array(), true);
    if (this.#rest.length > 0) throw new DamagedAudioError("ends in the middle of a page; it was cut short.");
    return pages;
  }

  #split(bytes: Uint8Array, isEnd: boolean): OggPage[] {
    let rest = this.#rest.with(bytes);
    const pages: OggPage[] = [];
    for (;;) {
      if (this.#tags) {
        rest = this.#tags.push(rest, isEnd);
        if (!this.#tags.isDone) break;
        this.#position += this.#tags.numBytes;
        this.#tags = undefined;
      }
      const page = readPage(rest, { at: this.#position, number: this.#numPages });
      if (page) {
        pages.push(page);
        rest = rest.subarray(page.bytes.length);
        this.#position += page.bytes.length;
        this.#numPages += 1;
      } else if (isPageStart(rest, 0) || rest.length === 0 || (rest.length < TAG_HEADER_BYTES && !isEnd)) break;
      else if (tagBytes(rest, 0) > 0) this.#tags = new TagSkipper(true);
      else throw new DamagedAudioError(`is damaged: no page begins at byte ${this.#position}.`);
    }
    this.#rest.keep(rest);
    return pages;
  }
}

/** Undefined where no page begins, or its end is not there yet. */
function readPage(bytes: Uint8Array, { at, number }: { at: number; number: number }): OggPage | undefined {
  if (bytes.length < PAGE_HEADER_BYTES || !isPageStart(bytes, 0)) return undefined;
  const numSegments = bytes[PAGE_HEADER_BYTES - 1] as number;
  const bodyStart = PAGE_HEADER_BYTES + numSegments;
  const segments = bytes.subarray(PAGE_HEADER_BYTES, bodyStart);
  const end = segments.reduce((sum, length) => sum + length, bodyStart);
  if (segments.length < numSegments || end > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (pageChecksum(bytes, 0, end) !== view.getUint32(CHECKSUM_OFFSET, true)) {
    throw new DamagedAudioError(`is damaged: the checksum of page ${number + 1}, at byte ${at}, does not match.`);
  }
  const flags = view.getUint8(FLAGS_OFFSET);
  return {
    serial: view.getUint32(14, true),
    isFirst: (flags & FIRST) !== 0,
    isContinued: (flags & CONTINUED) !== 0,
    position: Number(view.getBigInt64(6, true)),
    segments,
    body: bytes.subarray(bodyStart, end),
    bytes: bytes.subarray(0, end),
  };
}

/** Puts one stream's packets together. */
export class OggPackets {
  readonly #parts: Uint8Array[] = [];
  #hasBegun = false;

  /**
   * The packets that end on a page. Throws DamagedAudioError where the beginning or the end of one is missing, but for
   * the beginning of the very first after the headers: a recording may begin in the middle of a broadcast.
   */
  push(page: OggPage): Uint8Array[] {
    const isWhole = page.isContinued === this.#parts.length > 0;
    if (!isWhole && this.#hasBegun) throw new DamagedAudioError("is damaged: part of a packet is missing.");
    if (!page.isContinued) this.#parts.length = 0;
    const packets: Uint8Array[] = [];
    let start = 0;
    for (const length of page.segments) {
      // A copy: the page may lie in bytes that are the caller's.
      this.#parts.push(page.body.slice(start, start + length));
      start += length;
      if (length < 255) packets.push(joinBytes(this.#parts.splice(0)));
    }
    this.#hasBegun ||= page.position > 0;
    return isWhole || !page.isContinued ? packets : packets.slice(1);
  }

  /** Throws DamagedAudioError where a packet's end is missing. */
  end(): void {
    if (this.#parts.length > 0) throw new DamagedAudioError("ends in the middle of a packet; it was cut short.");
  }
}

/** The page without the mark of a stream's last page, by which decoders trim. */
export function withoutLastMark({ bytes }: OggPage): Uint8Array {
  const copy = bytes.slice();
  copy[FLAGS_OFFSET] = (copy[FLAGS_OFFSET] as number) & ~LAST;
  new DataView(copy.buffer).setUint32(CHECKSUM_OFFSET, pageChecksum(copy, 0, copy.length), true);
  return copy;
}

/** The first packets of the streams that begin at the start of an Ogg file: they say what codecs follow. */
export function firstOggPackets(head: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + PAGE_HEADER_BYTES < head.length && isPageStart(head, at); ) {
    if (((head[at + FLAGS_OFFSET] as number) & FIRST) === 0) break;
    const start = at + PAGE_HEADER_BYTES + (head[at + PAGE_HEADER_BYTES - 1] as number);
    const end = head.subarray(at + PAGE_HEADER_BYTES, start).reduce((sum, length) => sum + length, start);
    packets.push(head.subarray(start, end));
    at = end;
  }
  return packets;
}

export function isPageStart(bytes: Uint8Array, offset: number): boolean {
  return isText(bytes, offset, "OggS");
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
