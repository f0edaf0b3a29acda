/**
 * The frames of a FLAC file (RFC 9639), each of which a decoder takes as a whole.
 *
 * A frame does not tell its length. It ends where the checksum over all of it, its own two bytes of CRC-16 included,
 * comes to zero and either another frame's header begins, which has a checksum too, or the file ends. Bytes that only look
 * like a header are thereby passed over: all these 48 bits agree by chance once in some 400 years of speech.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import { isText, longTagBytes, TagSkipper } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";

/** Sync, two bytes of codes, a number of up to 7 bytes, block size and sample rate of up to 2 bytes each, CRC-8. */
const MAX_HEADER_BYTES = 16;
/** No frame is longer: eight channels of 65,535 samples of 32 bits are half of it. */
const MAX_FRAME_BYTES = 2 ** 22;
const BLOCK_HEADER_BYTES = 4;
const ID3V1_BYTES = 128;
/** What may follow a frame is looked at together: a header, or the file's end with a short tag before it. */
const LOOKAHEAD_BYTES = MAX_HEADER_BYTES + ID3V1_BYTES;
/** The first block of a FLAC file: STREAMINFO, 34 bytes long. */
const FILE_START = "fLaC";

export interface FlacStreamInfo {
  readonly sampleRate: number;
  /** Samples a channel; 0 where the writer did not know. */
  readonly totalSamples: number;
}

/** The STREAMINFO block, which opens every FLAC file. Throws DamagedAudioError. */
export function flacStreamInfo(bytes: Uint8Array): FlacStreamInfo {
  if (bytes.length < 42) throw new DamagedAudioError("is cut short inside the FLAC header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // From byte 18: 20 bits of sample rate, 3 of channels, 5 of bits a sample, then 36 of length.
  const sampleRate = view.getUint32(18) >>> 12;
  const totalSamples = (view.getUint8(21) & 0x0f) * 2 ** 32 + view.getUint32(22);
  if (sampleRate === 0) throw new DamagedAudioError("is damaged: its FLAC header gives no sample rate.");
  return { sampleRate, totalSamples };
}

/** Splits a file that arrives in pieces, cut anywhere. */
export class FlacFrames {
  /** What has arrived and was not given yet: of the metadata, or of one frame. */
  readonly #rest = new WaitingBytes();
  /** Of the metadata still to come, and whether it is its last; the file begins with "fLaC". */
  #block: { bytes: number; isLast: boolean } | undefined = { bytes: 4, isLast: false };
  /** How much of `#rest` the checksum covers. */
  #scanned = 0;
  #crc = 0;
  /** The stream's first four bytes of a frame, which others resemble. */
  #model: Uint8Array | undefined;
  #numFrames = 0;
  /** Passes over what stands behind the last frame, once that has been seen. */
  #tail: TagSkipper | undefined;

  /** The frames that are known to be whole. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Uint8Array[] {
    return this.#split(bytes, false);
  }

  /** The frames at the end. Throws DamagedAudioError where the last one is cut short or damaged. */
  end(): Uint8Array[] {
    const frames = this.#split(new Uint8Array(), true);
    if (this.#tail) return frames;
    if (this.#block) throw new DamagedAudioError("is cut short inside the FLAC header.");
    if (this.#rest.length === 0) return frames;
    if (this.#crc === 0) return [...frames, this.#rest.with(new Uint8Array())];
    throw new DamagedAudioError(
      `is damaged or cut short: the checksum of frame ${this.#numFrames + 1} does not match.`,
    );
  }

  #split(bytes: Uint8Array, isEnd: boolean): Uint8Array[] {
    const input = this.#rest.with(bytes);
    const frames: Uint8Array[] = [];
    let start = this.#tail ? 0 : this.#skipMetadata(input);
    for (let end = this.#frameEnd(input, start, isEnd); end > start; end = this.#frameEnd(input, start, isEnd)) {
      frames.push(input.subarray(start, end));
      start = end;
    }
    if (this.#tail) {
      this.#rest.keep(new Uint8Array());
      checkTail(this.#tail.push(input.subarray(start), isEnd));
      return frames;
    }
    this.#rest.keep(input.subarray(start));
    if (this.#rest.length > MAX_FRAME_BYTES) {
      throw new DamagedAudioError(`is damaged: the checksum of frame ${this.#numFrames + 1} does not match.`);
    }
    return frames;
  }

  /** Where in the input the frames begin, or what is yet to be skipped. */
  #skipMetadata(input: Uint8Array): number {
    let start = 0;
    while (this.#block) {
      const skipped = Math.min(this.#block.bytes, input.length - start);
      start += skipped;
      this.#block.bytes -= skipped;
      if (this.#block.bytes > 0) return start;
      if (this.#block.isLast) this.#block = undefined;
      else if (input.length - start < BLOCK_HEADER_BYTES) return start;
      else {
        const [kind = 0, high = 0, middle = 0, low = 0] = input.subarray(start, start + BLOCK_HEADER_BYTES);
        const length = (high << 16) | (middle << 8) | low;
        this.#block = { bytes: BLOCK_HEADER_BYTES + length, isLast: kind >= 0x80 };
      }
    }
    return start;
  }

  /** Where the frame at `start` ends; `start` itself where that cannot be told yet. */
  #frameEnd(input: Uint8Array, start: number, isEnd: boolean): number {
    if (this.#block || this.#tail) return start;
    const limit = isEnd ? input.length : input.length - LOOKAHEAD_BYTES;
    if (input.length > start && (isEnd || input.length - start >= MAX_HEADER_BYTES)) {
      this.#model ??= modelOf(input, start);
    }
    if (start >= limit) return start;
    let crc = this.#crc;
    let at = start + this.#scanned;
    for (; at < limit; at++) {
      if (crc === 0 && at > start && this.#isFrameEnd(input, at, isEnd)) break;
      crc = ((crc << 8) & 0xffff) ^ (CRC_16[(crc >> 8) ^ (input[at] as number)] as number);
    }
    const isWhole = at < limit;
    this.#crc = isWhole ? 0 : crc;
    this.#scanned = isWhole ? 0 : at - start;
    if (isWhole) this.#numFrames += 1;
    return isWhole ? at : start;
  }

  /** Whether another frame begins there, or the tags that end a file. */
  #isFrameEnd(input: Uint8Array, at: number, isEnd: boolean): boolean {
    if (isFrameHeader(input, at, this.#model as Uint8Array)) return true;
    const isShortTag = isEnd && at === input.length - ID3V1_BYTES && isText(input, at, "TAG");
    if (!isShortTag && longTagBytes(input, at) === 0 && !isFileStart(input, at)) return false;
    this.#tail = new TagSkipper(true);
    return true;
  }
}

function isFileStart(bytes: Uint8Array, at: number): boolean {
  return isText(bytes, at, FILE_START) && isText(bytes, at + FILE_START.length, "\x00\x00\x00\x22");
}

/** Behind the tags there must be nothing. */
function checkTail(rest: Uint8Array): void {
  if (rest.length === 0) return;
  if (isFileStart(rest, 0)) {
    throw new DamagedAudioError(
      "holds several FLAC files, one behind another; make them one, as with sox A.flac B.flac OUT.flac.",
    );
  }
  throw new DamagedAudioError("is damaged: what follows the tags behind its last frame is neither tag nor sound.");
}

function modelOf(input: Uint8Array, start: number): Uint8Array {
  const model = input.slice(start, start + 4);
  if (isFrameHeader(input, start, model)) return model;
  throw new DamagedAudioError("is damaged: no sound follows the FLAC header.");
}

/** Whether the header of a frame begins at `at`, with the sync code and the rate and sample size that `model` has. */
function isFrameHeader(bytes: Uint8Array, at: number, model: Uint8Array): boolean {
  const [sync = 0, strategy = 0, sizes = 0, channels = 0] = model;
  if (bytes[at] !== 0xff || sync !== 0xff || bytes[at + 1] !== strategy || (strategy & 0xfe) !== 0xf8) return false;
  const blockAndRate = bytes[at + 2] as number;
  if (((blockAndRate ^ sizes) & 0x0f) !== 0 || (((bytes[at + 3] as number) ^ channels) & 0x0f) !== 0) return false;
  const end = at + headerBytes(blockAndRate, bytes[at + 4] as number);
  return end <= bytes.length && crc8(bytes, at, end) === 0;
}

function headerBytes(blockAndRate: number, number: number): number {
  const [block, rate] = [blockAndRate >> 4, blockAndRate & 0x0f];
  // The number of the frame is coded as UTF-8 codes characters: as many ones as there are bytes.
  const numberBytes = Math.max(1, Math.clz32(~(number << 24)));
  const blockBytes = block === 6 ? 1 : block === 7 ? 2 : 0;
  const rateBytes = rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0;
  return 4 + numberBytes + blockBytes + rateBytes + 1;
}

/** Polynomial x^8 + x^2 + x + 1; 0 over a header with its own checksum. */
function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at++) crc = CRC_8[crc ^ (bytes[at] as number)] as number;
  return crc;
}

const CRC_8 = crcTable(8, 0x07);
/** Polynomial x^16 + x^15 + x^2 + 1. */
const CRC_16 = crcTable(16, 0x8005);

/** For checksums of which the highest bit comes first. */
function crcTable(bits: 8 | 16, polynomial: number): Uint16Array {
  const mask = 2 ** bits - 1;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) & mask) ^ (crc >> (bits - 1) ? polynomial : 0);
    return crc;
  });
}
