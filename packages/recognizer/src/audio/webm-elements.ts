/**
 * The elements of a WebM or Matroska file (RFC 8794 and RFC 9559), looked at before a decoder reads them.
 *
 * A decoder takes the first track of sound and stops in silence where an element does not end. Here a file that holds
 * several tracks is refused, and so is one that was cut: who records live does not know the lengths of the outer
 * elements and leaves them open, but a piece of sound always tells its own.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { joinBytes } from "./join-arrays.js";
import { severalTracks } from "./m4a-boxes.js";
import { TAG_HEADER_BYTES, TagSkipper, tagBytes } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const TRACK_NUMBER = 0xd7;
const CODEC_ID = 0x86;
const SOUND = 2;
/** An element's name of up to 4 bytes and length of up to 8. */
const MAX_HEADER_BYTES = 12;
/** Of the description of all tracks. */
const MOST_TRACKS_BYTES = 1 << 24;
const CUT = "is damaged or cut short: an element is longer than what is left.";

/** Hands a file on to `decoder`, as far as it has been looked at. */
export class WebmChunkDecoder implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;
  readonly #elements: ElementReader;

  constructor(decoder: ChunkDecoder, fileBytes: number) {
    this.#decoder = decoder;
    this.#elements = new ElementReader(fileBytes);
  }

  push(bytes: Uint8Array): AsyncIterable<DecodedAudio> {
    return this.#decoder.push(joinBytes(this.#elements.push(bytes)));
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    yield* this.#decoder.push(joinBytes(this.#elements.end()));
    yield* this.#decoder.end();
  }

  free(): void {
    this.#decoder.free();
  }
}

interface Element {
  readonly id: number;
  readonly headerBytes: number;
  /** Infinite where it is left open. */
  readonly length: number;
}

class ElementReader {
  readonly #fileBytes: number;
  #position = 0;
  readonly #waiting = new WaitingBytes();
  /** Of an element whose content need not be looked at. */
  #toPass = 0;
  #tags: TagSkipper | undefined;
  /** Where the segments that tell their length end. */
  #segmentEnd = 0;
  #track: string | undefined;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** What the decoder may read. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Uint8Array[] {
    return this.#read(bytes, false);
  }

  end(): Uint8Array[] {
    const parts = this.#read(new Uint8Array(), true);
    if (this.#toPass > 0 || this.#waiting.length > 0 || this.#position < this.#segmentEnd) {
      throw new DamagedAudioError(CUT);
    }
    return parts;
  }

  #read(bytes: Uint8Array, isEnd: boolean): Uint8Array[] {
    let rest = this.#waiting.with(bytes);
    const parts: Uint8Array[] = [];
    const pass = (numBytes: number) => {
      if (numBytes > 0) parts.push(rest.subarray(0, numBytes));
      rest = rest.subarray(numBytes);
      this.#position += numBytes;
    };
    for (;;) {
      const passed = Math.min(this.#toPass, rest.length);
      this.#toPass -= passed;
      pass(passed);
      rest = this.#withoutTags(rest, isEnd);
      if (this.#toPass > 0 || rest.length === 0 || (rest.length < TAG_HEADER_BYTES && !isEnd)) break;
      if (tagBytes(rest, 0) > 0) {
        this.#tags = new TagSkipper(true);
        continue;
      }
      const taken = this.#enter(rest);
      if (taken === undefined) break;
      pass(taken);
    }
    this.#waiting.keep(rest);
    return parts;
  }

  #withoutTags(rest: Uint8Array, isEnd: boolean): Uint8Array {
    if (!this.#tags) return rest;
    const left = this.#tags.push(rest, isEnd);
    if (this.#tags.isDone) {
      this.#position += this.#tags.numBytes;
      this.#tags = undefined;
    }
    return left;
  }

  /** How many bytes of the next element have been looked at; undefined where more must come first. */
  #enter(rest: Uint8Array): number | undefined {
    const element = readElement(rest, 0);
    if (!element) {
      if (rest.length < MAX_HEADER_BYTES) return undefined;
      throw new DamagedAudioError(`is damaged: no element begins at byte ${this.#position}.`);
    }
    const { id, headerBytes, length } = element;
    const end = this.#position + headerBytes + length;
    if (length < Number.POSITIVE_INFINITY && end > this.#fileBytes) throw new DamagedAudioError(CUT);
    if (id === SEGMENT || id === CLUSTER) {
      if (length < Number.POSITIVE_INFINITY) this.#segmentEnd = Math.max(this.#segmentEnd, end);
      return headerBytes;
    }
    if (length === Number.POSITIVE_INFINITY) throw new DamagedAudioError("is damaged: a piece of it has no end.");
    if (id === TRACKS && length <= MOST_TRACKS_BYTES) {
      if (rest.length < headerBytes + length) return undefined;
      this.#checkTracks(rest.subarray(headerBytes, headerBytes + length));
    }
    this.#toPass = length;
    return headerBytes;
  }

  /** Another file may stand behind the first, of the same kind. */
  #checkTracks(content: Uint8Array): void {
    const entries = [...elementsIn(content)].filter(({ id }) => id === TRACK_ENTRY).map(({ body }) => trackOf(body));
    const sounds = entries.filter(({ type }) => type === SOUND);
    if (sounds.length > 1) throw new DamagedAudioError(severalTracks(sounds.length, "OUT.mka"));
    const track = sounds[0] && `${sounds[0].number} ${sounds[0].codec}`;
    if (this.#track !== undefined && track !== this.#track) {
      throw new DamagedAudioError(
        "holds several files of different kinds, one behind another; convert each by itself.",
      );
    }
    this.#track = track;
  }
}

function trackOf(entry: Uint8Array): { type: number; number: number; codec: string } {
  const fields = new Map([...elementsIn(entry)].map(({ id, body }) => [id, body]));
  const codec = String.fromCharCode(...(fields.get(CODEC_ID) ?? []));
  return { type: wholeNumber(fields.get(TRACK_TYPE)), number: wholeNumber(fields.get(TRACK_NUMBER)), codec };
}

function* elementsIn(bytes: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes, at);
    if (!element) return;
    const start = at + element.headerBytes;
    const end = Math.min(bytes.length, start + element.length);
    yield { id: element.id, body: bytes.subarray(start, end) };
    at = end;
  }
}

/** Undefined where none begins, or its header is not there as a whole. */
function readElement(bytes: Uint8Array, at: number): Element | undefined {
  const idBytes = widthOf(bytes[at]);
  const lengthBytes = widthOf(bytes[at + idBytes]);
  const headerBytes = idBytes + lengthBytes;
  if (idBytes === 0 || idBytes > 4 || lengthBytes === 0 || at + headerBytes > bytes.length) return undefined;
  const id = wholeNumber(bytes.subarray(at, at + idBytes));
  const length = bytes.slice(at + idBytes, at + headerBytes);
  length[0] = (length[0] as number) & (0xff >> lengthBytes);
  const isOpen = length.every((byte, i) => byte === (i === 0 ? 0xff >> lengthBytes : 0xff));
  return { id, headerBytes, length: isOpen ? Number.POSITIVE_INFINITY : wholeNumber(length) };
}

/** How many bytes a number takes, by its first: one more than there are zeros before the first one; 0 where there is none. */
function widthOf(first: number | undefined): number {
  return first === undefined || first === 0 ? 0 : Math.clz32(first) - 23;
}

function wholeNumber(bytes: Uint8Array = new Uint8Array()): number {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
