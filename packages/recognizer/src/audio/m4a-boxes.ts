/**
 * The boxes of an MP4 file (ISO/IEC 14496-12), tested before a decoder believes them.
 *
 * A decoder makes room for as many pieces of sound as an index tells of. Four damaged bytes there can ask for all
 * memory there is and end the process, so that what an index says is compared with its own size and the file's first.
 * A cut file is told by its last box, which does not fit in.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import type { LibraryDecoder } from "./library-decoder.js";
import { delaySeconds, type TrackTimes } from "./m4a-edits.js";
import { type ChunkTable, checkOrder, type Part, type TrackTables, withMovieFirst } from "./m4a-order.js";
import { silence } from "./silence.js";
import { isText, longTagBytes, TagSkipper, tagBytes } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";

/** Ten minutes of uncompressed sound, each of whose samples is a piece of its own; of compressed sound, a week. */
const MOST_PIECES = 30_000_000;
/** A fragment holds some seconds. */
const MOST_FRAGMENT_PIECES = 4_000_000;
/** Apple's own encoder has 4096 samples a frame. */
const MOST_ALAC_FRAME_SAMPLES = 65_536;
const HEADER_BYTES = 8;
const CUT = "is damaged or cut short: a box is longer than what is left.";
const SEVERAL_FILES =
  "holds several MP4 files, one behind another; make them one, as with ffmpeg -i A -i B -filter_complex concat=v=0:a=1 OUT.m4a.";
/** Boxes of which the decoder reads the boxes within, and how far into them these begin. */
const CONTAINERS: ReadonlyMap<string, number> = new Map([
  ...["moov", "trak", "mdia", "minf", "stbl", "udta", "edts", "sinf", "wave", "mvex", "moof", "traf"].map(
    (name) => [name, 0] as const,
  ),
  ["meta", 4],
]);
/** Bytes of a table's entry, by the table's version. After version and flags comes the number of entries. */
const TABLES = new Map<string, (version: number) => number>([
  ["stco", () => 4],
  ["co64", () => 8],
  ["stsc", () => 12],
  ["stts", () => 8],
  ["elst", (version) => (version === 1 ? 20 : 12)],
]);

/** Hands a file on to `decoder` box by box, each once it has been tested. */
export class M4aChunkDecoder implements ChunkDecoder {
  readonly #decoder: LibraryDecoder;
  readonly #boxes: BoxReader;
  /** Until the index has come, which many files have at their end. */
  #waiting: Part[] = [];
  #hasBegun = false;

  constructor(decoder: LibraryDecoder, fileBytes: number) {
    this.#decoder = decoder;
    this.#boxes = new BoxReader(fileBytes);
  }

  async *push(bytes: Uint8Array): AsyncGenerator<DecodedAudio> {
    const parts = this.#boxes.push(bytes, false);
    // What has to wait is copied: the bytes are the caller's.
    const isReady = this.#boxes.hasMovie;
    this.#waiting.push(...(isReady ? parts : parts.map((part) => ({ ...part, bytes: part.bytes.slice() }))));
    if (isReady) yield* this.#decodeWaiting();
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    this.#boxes.push(new Uint8Array(), true);
    if (!this.#boxes.hasMovie) throw new DamagedAudioError("is damaged or cut short: it has no index.");
    yield* this.#decodeWaiting();
    yield* this.#delayed(this.#decoder.end());
  }

  async *#decodeWaiting(): AsyncGenerator<DecodedAudio> {
    const parts = withMovieFirst(this.#waiting);
    this.#waiting = [];
    for (const { kind, bytes } of parts) {
      // Of a box that comes in pieces, the decoder joins all with each more.
      if (kind === "sound") yield* this.#delayed(this.#decoder.push(bytes));
      else yield* this.#delayed(await this.#decoder.decode(bytes));
    }
  }

  /** Before the first sound, silence, where the track begins later than the film. */
  async *#delayed(sound: AsyncIterable<DecodedAudio> | Iterable<DecodedAudio>): AsyncGenerator<DecodedAudio> {
    for await (const audio of sound) {
      if (!this.#hasBegun) yield* silence(this.#boxes.delaySeconds, audio);
      this.#hasBegun = true;
      yield audio;
    }
  }

  free(): void {
    this.#decoder.free();
  }
}

/** Which of several tracks is meant, nobody can tell: the first may be silent beside one that speaks. */
export function severalTracks(count: number, output: string): string {
  return `holds ${count} tracks of sound; keep one, as with ffmpeg -i IN -map 0:a:0 ${output}.`;
}

/** What the boxes within one outermost box may ask for. */
interface Limits {
  readonly fileBytes: number;
  /** Pieces of sound that fragments may still tell of. */
  fragmentPieces: number;
  soundTracks: number;
  readonly tables: ChunkTable[];
  /** The film's header. */
  movie?: DataView;
  /** Of the track that is being looked at. */
  track: TrackTables & TrackTimes;
  /** How long the sound waits for its beginning. */
  delaySeconds: number;
}

class BoxReader {
  readonly #fileBytes: number;
  /** Of the box that is not whole yet. */
  readonly #waiting = new WaitingBytes();
  /** Bytes of sound that are still to come, and need no test. */
  #soundBytes = 0;
  #position = 0;
  /** Whether the index has come. */
  hasMovie = false;
  /** Of silence before the sound. */
  delaySeconds = 0;
  /** Passes over what stands behind the last box, once that has been seen. */
  #tail: TagSkipper | undefined;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** What has been tested: whole boxes, and sound. Throws DamagedAudioError. */
  push(bytes: Uint8Array, isEnd: boolean): Part[] {
    if (this.#tail) {
      if (this.#tail.push(bytes, isEnd).length > 0) throw new DamagedAudioError(SEVERAL_FILES);
      return [];
    }
    const input = this.#waiting.with(bytes);
    let end = Math.min(input.length, this.#soundBytes);
    this.#soundBytes -= end;
    const parts: Part[] = end > 0 ? [{ kind: "sound", bytes: input.subarray(0, end) }] : [];
    for (let part = this.#boxAt(input, end); part; part = this.#boxAt(input, end)) {
      const before = parts.at(-1);
      if (part.kind === "other" && before?.kind === "other") {
        const start = end - before.bytes.length;
        parts.splice(-1, 1, { kind: "other", bytes: input.subarray(start, end + part.bytes.length) });
      } else parts.push(part);
      end += part.bytes.length;
    }
    this.#position += end;
    if (this.#isTail(input, end)) {
      this.#tail = new TagSkipper(true);
      this.#waiting.keep(new Uint8Array());
      this.push(input.subarray(end), isEnd);
    } else this.#waiting.keep(input.subarray(end));
    if (isEnd && this.#soundBytes > 0 && this.#soundBytes < Number.POSITIVE_INFINITY) throw new DamagedAudioError(CUT);
    return parts;
  }

  /** Whether a tag begins there, where a box could: a box's length comes first, and is seldom so large. */
  #isTail(input: Uint8Array, at: number): boolean {
    if (this.#soundBytes > 0) return false;
    if (longTagBytes(input, at) > 0) return true;
    const box = readBox(input, at, input.length);
    const isTooLong = box !== undefined && box.size > this.#fileBytes - this.#position;
    return isTooLong && input[at] !== 0 && tagBytes(input, at) > 0;
  }

  /** The box at `start`, or the sound in it that is there; undefined where too little is there yet. */
  #boxAt(input: Uint8Array, start: number): Part | undefined {
    const box = readBox(input, start, input.length);
    if (!box) return undefined;
    const remaining = this.#fileBytes - this.#position - start;
    const size = box.size === 0 ? remaining : box.size;
    if (size > remaining) {
      if (input[start] !== 0 && tagBytes(input, start) > 0) return undefined;
      throw new DamagedAudioError(CUT);
    }
    if (size < HEADER_BYTES) throw new DamagedAudioError(`is damaged: it has a box of ${size} bytes.`);
    const end = start + size;
    if (box.type === "mdat") {
      this.#soundBytes = Math.max(0, end - input.length);
      return { kind: "sound", bytes: input.subarray(start, end) };
    }
    if (end > input.length) return undefined;
    if (box.type === "moov" && this.hasMovie) throw new DamagedAudioError(SEVERAL_FILES);
    this.hasMovie ||= box.type === "moov";
    const bytes = input.subarray(start, end);
    const limits: Limits = {
      fileBytes: this.#fileBytes,
      fragmentPieces: MOST_FRAGMENT_PIECES,
      soundTracks: 0,
      tables: [],
      track: { isSound: false },
      delaySeconds: 0,
    };
    testBox(bytes, box.type, { start: HEADER_BYTES, end: bytes.length }, limits);
    if (limits.soundTracks > 1) throw new DamagedAudioError(severalTracks(limits.soundTracks, "OUT.m4a"));
    if (box.type === "moov") this.delaySeconds = limits.delaySeconds;
    return { kind: box.type === "moov" ? "movie" : "other", bytes, tables: limits.tables };
  }
}

/** `size` is 0 for a box that ends where what it is in ends; undefined where the header is not there as a whole. */
function readBox(bytes: Uint8Array, start: number, end: number): { type: string; size: number } | undefined {
  // As the decoder does: a box that has nothing in it may not be the last.
  if (start + HEADER_BYTES >= end) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint32(start);
  const type = String.fromCharCode(...bytes.subarray(start + 4, start + HEADER_BYTES));
  if (size !== 1) return { type, size };
  if (start + 16 > end) return undefined;
  if (view.getUint32(start + 8) !== 0) throw new DamagedAudioError("is damaged: it has a box of over 4 GiB.");
  return { type, size: view.getUint32(start + 12) };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Tests the boxes of a range, as far as the decoder reads them. */
function testBoxes(bytes: Uint8Array, { start, end }: Range, limits: Limits): void {
  for (let at = start; ; ) {
    const box = readBox(bytes, at, end);
    if (!box) return;
    const next = box.size === 0 ? end : at + box.size;
    if (next < at + HEADER_BYTES || next > end) return;
    testBox(bytes, box.type, { start: at + HEADER_BYTES, end: next }, limits);
    at = next;
  }
}

/** Tests what is in a box. */
function testBox(bytes: Uint8Array, type: string, { start, end }: Range, limits: Limits): void {
  if (type === "trak") limits.track = { isSound: false };
  const inner = CONTAINERS.get(type);
  if (inner !== undefined) testBoxes(bytes, { start: start + inner, end }, limits);
  if (type === "trak") {
    checkOrder(limits.track);
    limits.delaySeconds += delaySeconds(limits.track, limits.movie);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  if (type === "stsd") testDescriptions(bytes, { start, end }, limits);
  if (type === "stsz") {
    testSizes(view, limits);
    limits.track.sizes = view;
  }
  if (type === "trun") testRun(view, limits);
  if (type === "hdlr" && isText(bytes, start + 8, "soun")) {
    limits.soundTracks += 1;
    limits.track.isSound = true;
  }
  if (type === "alac") testAlac(view);
  if (type === "mvhd") limits.movie = view;
  if (type === "mdhd") limits.track.media = view;
  const entryBytes = TABLES.get(type);
  if (entryBytes) testTable(type, view, 4, entryBytes);
  if (type === "elst") limits.track.edits = view;
  if (type === "stsc") limits.track.runs = view;
  if (type === "stco" || type === "co64") {
    const placeBytes = type === "stco" ? 4 : 8;
    limits.tables.push({ at: start, entryBytes: placeBytes });
    Object.assign(limits.track, { places: view, placeBytes });
  }
}

/** Sample descriptions: how the sound is coded, in boxes within boxes after 36 bytes or more. */
function testDescriptions(bytes: Uint8Array, { start, end }: Range, limits: Limits): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  limits.track.codec = String.fromCharCode(...bytes.subarray(start + 12, start + 16));
  for (let at = start + 8; at + 16 <= end; ) {
    const size = view.getUint32(at);
    if (size < 16) return;
    const version = view.getUint16(at + 16);
    if (at + size > end || (version === 2 && size < 40)) {
      throw new DamagedAudioError(`is damaged: it has a sample description of ${size} bytes.`);
    }
    const ownBytes = version === 2 ? view.getUint32(at + 36) || 72 : version === 1 ? 52 : 36;
    testBoxes(bytes, { start: at + ownBytes, end: at + size }, limits);
    at += size;
  }
}

/** The sizes of all pieces of sound: of each its own, or one for all. */
function testSizes(view: DataView, { fileBytes }: Limits): void {
  const common = view.byteLength < 8 ? 0 : view.getUint32(4);
  const count = testTable("stsz", view, 8, () => (common > 0 ? 0 : 4));
  if (count > MOST_PIECES) {
    throw new DamagedAudioError(`states ${count} pieces of sound, more than can be read; convert it first.`);
  }
  let total = common * count;
  if (common === 0) for (let i = 0; i < count; i++) total += view.getUint32(12 + 4 * i);
  if (total > fileBytes) throw new DamagedAudioError(`is damaged or cut short: it states ${total} bytes of sound.`);
}

/** Pieces of sound within a fragment. Four flags tell what each has of its own. */
function testRun(view: DataView, limits: Limits): void {
  const flags = view.byteLength < 4 ? 0 : view.getUint32(0);
  const ownFields = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0);
  limits.fragmentPieces -= testTable("trun", view, 4, () => 4 * ownFields.length);
  if (limits.fragmentPieces >= 0) return;
  throw new DamagedAudioError(`is damaged: a fragment states more than ${MOST_FRAGMENT_PIECES} pieces of sound.`);
}

/** The settings of an ALAC decoder, 24 bytes at the box's end, begin with a frame's length. */
function testAlac(view: DataView): void {
  const frameSamples = view.byteLength < 24 ? 0 : view.getUint32(view.byteLength - 24);
  if (frameSamples <= MOST_ALAC_FRAME_SAMPLES) return;
  throw new DamagedAudioError(`is damaged: its ALAC settings tell of ${frameSamples} samples a frame.`);
}

/** Answers with the number of entries, which stands at `countAt`. An entry may take no room of its own. */
function testTable(type: string, view: DataView, countAt: number, entryBytes: (version: number) => number): number {
  const tableBytes = view.byteLength - countAt - 4;
  if (tableBytes < 0) throw new DamagedAudioError(`is damaged: its table ${type} is cut short.`);
  const count = view.getUint32(countAt);
  if (count * entryBytes(view.getUint8(0)) <= tableBytes) return count;
  throw new DamagedAudioError(`is damaged: its table ${type} states ${count} entries in ${tableBytes} bytes.`);
}
