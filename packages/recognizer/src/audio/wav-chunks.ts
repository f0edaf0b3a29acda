/**
 * The chunks of a WAV file and its kin, down to the bytes of its sound: RIFF, RIFX (big-endian), RF64 and BW64 (lengths
 * of 64 bits, EBU Tech 3306 and ITU-R BS.2088), and Sony Wave64.
 *
 * A length in the file is believed where what follows bears it out. Who writes to a pipe cannot know it and leaves a
 * number that is too large, or 0; beyond 4 GiB it wraps round; a recorder that lost its power never wrote it. What
 * stands before, between and behind the sound is passed over, of any size; sound may come in several chunks, and several
 * files may have been put one behind another. What cannot be told is an error: never the first part alone.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import { joinBytes } from "./join-arrays.js";
import { isText, TAG_HEADER_BYTES, tagBytes } from "./tags.js";
import { FORMAT_CHUNK_BYTES, isSameFormat, parseWavFormat, type WavFormat } from "./wav-format.js";

interface Layout {
  readonly isLittleEndian: boolean;
  /** Bytes before the first chunk. */
  readonly startBytes: number;
  /** Of a chunk, its name and length. */
  readonly headerBytes: number;
  /** Whether a chunk's length counts its header. */
  readonly countsHeader: boolean;
  /** Chunks begin at multiples of this. */
  readonly alignment: number;
}

const RIFF: Layout = { isLittleEndian: true, startBytes: 12, headerBytes: 8, countsHeader: false, alignment: 2 };
const RIFX: Layout = { ...RIFF, isLittleEndian: false };
const WAVE64: Layout = { isLittleEndian: true, startBytes: 40, headerBytes: 24, countsHeader: true, alignment: 8 };
/** "riff" as Wave64 writes it: a name of 16 bytes. */
const WAVE64_START = [0x72, 0x69, 0x66, 0x66, 0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb, 0x04, 0xc1, 0x00, 0x00];

/** Stands for a length of 64 bits that the chunk "ds64" tells. */
const IN_DS64 = 0xffffffff;
/** Writers to pipes leave a length within so many bytes of 2^31 or below 2^32. */
const PLACEHOLDER_RANGE = 65_536;
const WRAP = 2 ** 32;
/** Beyond which a length of 64 bits is no length. */
const MOST_BYTES = 2 ** 50;

/** The layout of a file that begins so; undefined for what is no WAV file. */
export function wavLayout(bytes: Uint8Array): Layout | undefined {
  if (WAVE64_START.every((byte, i) => bytes[i] === byte)) return WAVE64;
  if (!isText(bytes, 8, "WAVE")) return undefined;
  if (["RIFF", "RF64", "BW64"].some((name) => isText(bytes, 0, name))) return RIFF;
  return isText(bytes, 0, "RIFX") ? RIFX : undefined;
}

/** What is next in the file. */
type Place =
  | { readonly at: "chunk" }
  /** Bytes of no interest. */
  | { readonly at: "other"; bytes: number }
  /** A chunk that is read: it is collected, up to `FORMAT_CHUNK_BYTES`. */
  | { readonly at: "read"; readonly name: string; readonly length: number }
  /** A chunk of sound that says it is empty. */
  | { readonly at: "empty sound" }
  | { readonly at: "sound"; bytes: number };

/** Walks through one file, which arrives in pieces, cut anywhere. */
export class WavChunks {
  readonly #layout: Layout;
  readonly #fileBytes: number;
  #place: Place;
  #waiting: Uint8Array = new Uint8Array();
  /** Of the file, what has been dealt with. */
  #position = 0;
  #format: WavFormat | undefined;
  #soundBytes = 0;
  #hasSound = false;
  /** What "ds64" says; 0 where it does not. */
  #longLength = 0;

  /** @param fileBytes of the whole file; infinite where that is not known */
  constructor(layout: Layout, fileBytes: number) {
    this.#layout = layout;
    this.#fileBytes = fileBytes;
    this.#place = { at: "other", bytes: layout.startBytes };
  }

  /** Known before the first sound. */
  get format(): WavFormat | undefined {
    return this.#format;
  }

  /** Samples a channel, so far. */
  get numSamples(): number {
    if (!this.#format) return 0;
    return Math.floor((8 * this.#soundBytes) / (this.#format.numChannels * this.#format.sampleBits));
  }

  get isLittleEndian(): boolean {
    return this.#layout.isLittleEndian;
  }

  /** How many of the next bytes need not be pushed, but may be told of with `skip`. */
  get skippable(): number {
    if (this.#waiting.length > 0 || !("bytes" in this.#place)) return 0;
    return Math.min(this.#place.bytes, this.#fileBytes - this.#position);
  }

  skip(numBytes: number): void {
    this.#pass(numBytes);
  }

  /** The sound within what has been pushed, as it stands in the file. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Uint8Array[] {
    return this.#read(bytes, false);
  }

  /** Throws DamagedAudioError where some of the sound, or all of it, is missing. */
  end(): Uint8Array[] {
    const sound = this.#read(new Uint8Array(), true);
    const place = this.#place;
    if (place.at === "sound" && place.bytes > 0 && place.bytes < Number.POSITIVE_INFINITY) {
      throw cutShort(this.#soundBytes, this.#soundBytes + place.bytes);
    }
    if (!this.#hasSound) {
      throw new DamagedAudioError(`is damaged: the WAV header has no ${this.#format ? "sound" : "format"} chunk.`);
    }
    return sound;
  }

  #read(bytes: Uint8Array, isEnd: boolean): Uint8Array[] {
    let rest = this.#waiting.length > 0 ? joinBytes([this.#waiting, bytes]) : bytes;
    this.#waiting = new Uint8Array();
    const sound: Uint8Array[] = [];
    for (;;) {
      const place = this.#place;
      if ("bytes" in place) {
        const part = rest.subarray(0, Math.min(place.bytes, rest.length));
        if (place.at === "sound" && part.length > 0) sound.push(part);
        rest = rest.subarray(part.length);
        this.#pass(part.length);
        if ("bytes" in this.#place) return sound;
        continue;
      }
      const taken = this.#readPlace(place, rest, isEnd);
      if (taken === undefined) {
        this.#waiting = rest.slice();
        return sound;
      }
      this.#position += taken;
      rest = rest.subarray(taken);
    }
  }

  /** Goes on by bytes that need not be looked at. */
  #pass(numBytes: number): void {
    const place = this.#place;
    if (!("bytes" in place)) return;
    if (place.at === "sound") this.#soundBytes += numBytes;
    this.#position += numBytes;
    place.bytes -= numBytes;
    if (place.bytes === 0) this.#place = { at: "chunk" };
  }

  /** How many bytes have been dealt with; undefined where more must come first. */
  #readPlace(place: Place, rest: Uint8Array, isEnd: boolean): number | undefined {
    if (place.at === "read") {
      const wanted = Math.min(place.length, FORMAT_CHUNK_BYTES);
      if (rest.length < wanted) return undefined;
      this.#readChunk(place.name, rest.subarray(0, wanted));
      this.#place = { at: "other", bytes: place.length - wanted };
      return wanted;
    }
    // A chunk of odd length may have a byte behind it.
    const lookahead = TAG_HEADER_BYTES + this.#layout.alignment;
    if (rest.length === 0 || (rest.length < lookahead && !isEnd)) return undefined;
    if (place.at === "empty sound" && !this.#headerAt(rest, 0)) {
      this.#place = { at: "sound", bytes: Number.POSITIVE_INFINITY };
      return 0;
    }
    return this.#readHeader(rest);
  }

  #readHeader(rest: Uint8Array): number {
    const padding = this.#paddingAt(rest);
    if (padding > 0) return padding;
    if (this.#hasSound && wavLayout(rest) === this.#layout) {
      this.#longLength = 0;
      this.#place = { at: "other", bytes: this.#layout.startBytes };
      return 0;
    }
    const header = this.#headerAt(rest, 0);
    if (header && !wavLayout(rest)) {
      this.#enter(header.name, header.length);
      return this.#layout.headerBytes;
    }
    this.#place = { at: "other", bytes: this.#bytesBehind(rest) };
    return 0;
  }

  /** Up to where a chunk may begin: some writers leave these bytes out, others do not write zeros. */
  #paddingAt(rest: Uint8Array): number {
    const { alignment } = this.#layout;
    const most = (alignment - (this.#position % alignment)) % alignment;
    let padding = 0;
    while (padding < most && rest[padding] === 0) padding += 1;
    return padding < most && !this.#headerAt(rest, 0) && this.#headerAt(rest, most) ? most : padding;
  }

  /** What may stand behind the sound without being a chunk. */
  #bytesBehind(rest: Uint8Array): number {
    if (!this.#hasSound) throw this.#noChunk(rest);
    if (rest.length < this.#layout.headerBytes) return rest.length;
    const bytes = tagBytes(rest, 0);
    if (bytes === 0) throw this.#noChunk(rest);
    return bytes;
  }

  /** The chunk that begins there; undefined where none can. */
  #headerAt(rest: Uint8Array, at: number): { name: string; length: number } | undefined {
    const { headerBytes, countsHeader } = this.#layout;
    if (at + headerBytes > rest.length) return undefined;
    const name = String.fromCharCode(...rest.subarray(at, at + 4));
    if (!/^[ -~]{4}$/.test(name)) return undefined;
    const length = this.#lengthAt(rest, at + headerBytes) - (countsHeader ? headerBytes : 0);
    if (length < 0) return undefined;
    const remaining = this.#fileBytes - this.#position - at - headerBytes;
    return name === "data" || length <= remaining ? { name, length } : undefined;
  }

  /** The length that ends there. */
  #lengthAt(bytes: Uint8Array, end: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const { isLittleEndian, countsHeader } = this.#layout;
    return countsHeader ? Number(view.getBigUint64(end - 8, true)) : view.getUint32(end - 4, isLittleEndian);
  }

  #enter(name: string, length: number): void {
    if (name === "fmt " || name === "ds64" || name === "LIST") this.#place = { at: "read", name, length };
    else if (name !== "data") this.#place = { at: "other", bytes: length };
    else {
      if (!this.#format) throw new DamagedAudioError("is damaged: its sound comes before its WAV format chunk.");
      const { numChannels, sampleBits } = this.#format;
      if (this.#hasSound && (8 * this.#soundBytes) % (numChannels * sampleBits) !== 0) {
        throw new DamagedAudioError(
          "has more sound behind some that ends within a sample; convert it first, as with sox.",
        );
      }
      this.#hasSound = true;
      const remaining = this.#fileBytes - this.#position - this.#layout.headerBytes;
      const bytes = this.#soundLength(length, remaining);
      this.#place = bytes === 0 ? { at: "empty sound" } : { at: "sound", bytes };
    }
  }

  /** Bytes of sound: infinite where they go on to the file's end. */
  #soundLength(stated: number, remaining: number): number {
    const isLong = this.#layout.countsHeader || (stated === IN_DS64 && this.#longLength > 0);
    const length = stated === IN_DS64 && this.#longLength > 0 ? this.#longLength : stated;
    const isBeyond = length > remaining || remaining === Number.POSITIVE_INFINITY;
    if (isBeyond && (length > MOST_BYTES || (!isLong && isPlaceholder(length)))) return Number.POSITIVE_INFINITY;
    if (length > remaining) throw cutShort(remaining, length);
    const wraps = isLong || !Number.isFinite(remaining) ? 0 : Math.floor((remaining - length) / WRAP);
    return length + wraps * WRAP;
  }

  #readChunk(name: string, content: Uint8Array): void {
    if (name === "fmt ") {
      const format = parseWavFormat(content, this.#layout.isLittleEndian);
      if (this.#format && !isSameFormat(this.#format, format)) {
        throw new DamagedAudioError("holds sound of several formats; keep one to a file, or convert them to one.");
      }
      this.#format = format;
    } else if (name === "ds64" && content.length >= 16) {
      const length = Number(new DataView(content.buffer, content.byteOffset).getBigUint64(8, true));
      this.#longLength = length === 0 ? Number.MAX_VALUE : length;
    } else if (name === "LIST" && isText(content, 0, "wavl")) {
      throw new DamagedAudioError("keeps its sound in a list of pieces; convert it first, as with ffmpeg or sox.");
    }
  }

  #noChunk(rest: Uint8Array): DamagedAudioError {
    if (!this.#hasSound) {
      const what = this.#format ? "sound" : "format";
      return new DamagedAudioError(`is damaged: the WAV header has no ${what} chunk before byte ${this.#position}.`);
    }
    const numBytes = this.#fileBytes - this.#position;
    const behind = Number.isFinite(numBytes) ? numBytes : `${rest.length} or more`;
    return new DamagedAudioError(
      `states ${this.#soundBytes} bytes of sound, and ${behind} follow that are none by its header; rewrite it, as with sox --ignore-length IN.wav OUT.wav.`,
    );
  }
}

function isPlaceholder(length: number): boolean {
  return length >= WRAP - PLACEHOLDER_RANGE || Math.abs(length - WRAP / 2) <= PLACEHOLDER_RANGE;
}

function cutShort(present: number, promised: number): DamagedAudioError {
  return new DamagedAudioError(`is cut short: ${present} of ${promised} bytes of sound are there.`);
}
