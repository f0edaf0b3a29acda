/**
 * The elements of a WebM or Matroska file (RFC 8794 and RFC 9559), looked at before a decoder reads them.
 *
 * A decoder takes the first track of sound and stops in silence where an element does not end. Here a file that holds
 * several tracks is refused, and so is one that was cut: who records live does not know the lengths of the outer
 * elements and leaves them open, but a piece of sound always tells its own. Where the times of two blocks have more between
 * them than the first one's sound, there is silence.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { elementsIn, MAX_HEADER_BYTES, readElement, wholeNumber } from "./ebml.js";
import { joinBytes } from "./join-arrays.js";
import { severalTracks } from "./m4a-boxes.js";
import { MOST_SILENCE_SECONDS, silence } from "./silence.js";
import { TAG_HEADER_BYTES, TagSkipper, tagBytes } from "./tags.js";
import { WaitingBytes } from "./waiting-bytes.js";
import { BLOCK_HEAD_BYTES, type BlockTime, BlockTimes, blockOf, LEAST_HOLE_SECONDS } from "./webm-times.js";

const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const TRACK_TYPE = 0x83;
const TRACK_NUMBER = 0xd7;
const CODEC_ID = 0x86;
const CONTENT_ENCODINGS = 0x6d80;
const INFO = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const CLUSTER_TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const SOUND = 2;
/** Of an element that is read as a whole, such as the description of all tracks. */
const MOST_WHOLE_BYTES = 1 << 24;
/** Of a group: the block stands first, or behind some numbers. */
const GROUP_HEAD_BYTES = 64;
/** How much of an element's content must be there. */
const READ_BYTES: ReadonlyMap<number, number> = new Map([
  [TRACKS, MOST_WHOLE_BYTES],
  [INFO, MOST_WHOLE_BYTES],
  [CLUSTER_TIMESTAMP, 8],
  [SIMPLE_BLOCK, BLOCK_HEAD_BYTES],
  [BLOCK_GROUP, GROUP_HEAD_BYTES],
]);
const NANOSECOND = 1e-9;
const CUT = "is damaged or cut short: an element is longer than what is left.";
const REMEDY = "convert it first, as with ffmpeg -i IN OUT.flac";

/** Hands a file on to `decoder`, as far as it has been looked at. */
export class WebmChunkDecoder implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;
  readonly #elements: ElementReader;
  /** Of the sound so far, with silence. */
  #soundSeconds = 0;
  /** Of silence that the next sound has before it. */
  #missingSeconds = 0;
  /** Where the segment's times count from. */
  #startSeconds = 0;

  constructor(decoder: ChunkDecoder, fileBytes: number) {
    this.#decoder = decoder;
    this.#elements = new ElementReader(fileBytes);
  }

  push(bytes: Uint8Array): AsyncIterable<DecodedAudio> {
    return this.#decode(this.#elements.push(bytes));
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    yield* this.#decode(this.#elements.end());
    yield* this.#withSilence(this.#decoder.end());
    if (this.#soundSeconds > 0 || this.#elements.numBlocks === 0) return;
    const { codec } = this.#elements;
    throw new DamagedAudioError(`has sound (${codec}) of which nothing can be read; ${REMEDY}.`);
  }

  async *#decode(parts: readonly Part[]): AsyncGenerator<DecodedAudio> {
    for (const { bytes, block } of parts) {
      if (block) this.#goOnAt(block);
      yield* this.#withSilence(this.#decoder.push(joinBytes(bytes)));
    }
  }

  /** Sets what silence is missing before a block. */
  #goOnAt({ seconds, isFirst }: BlockTime): void {
    const now = this.#soundSeconds + this.#missingSeconds;
    if (isFirst) this.#startSeconds = now;
    const missing = this.#startSeconds + seconds - now;
    if (missing < LEAST_HOLE_SECONDS) return;
    if (missing > MOST_SILENCE_SECONDS) {
      throw new DamagedAudioError(`has no sound for ${Math.round(missing)} s; ${REMEDY}.`);
    }
    this.#missingSeconds += missing;
  }

  async *#withSilence(sound: AsyncIterable<DecodedAudio>): AsyncGenerator<DecodedAudio> {
    for await (const audio of sound) {
      yield* silence(this.#missingSeconds, audio);
      this.#soundSeconds += this.#missingSeconds + (audio.channels[0]?.length ?? 0) / audio.sampleRate;
      this.#missingSeconds = 0;
      yield audio;
    }
  }

  free(): void {
    this.#decoder.free();
  }
}

/** Bytes for the decoder; they may begin with a block that tells when it is to be heard. */
interface Part {
  readonly bytes: Uint8Array[];
  readonly block: BlockTime | undefined;
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
  #track: { readonly number: number; readonly codec: string } | undefined;
  #times = new BlockTimes();
  /** Of the element that was entered last. */
  #block: BlockTime | undefined;
  /** Of sound. */
  numBlocks = 0;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  /** Of the track of sound. */
  get codec(): string | undefined {
    return this.#track?.codec;
  }

  /** What the decoder may read. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Part[] {
    return this.#read(bytes, false);
  }

  end(): Part[] {
    const parts = this.#read(new Uint8Array(), true);
    if (this.#toPass > 0 || this.#waiting.length > 0 || this.#position < this.#segmentEnd) {
      throw new DamagedAudioError(CUT);
    }
    return parts;
  }

  #read(bytes: Uint8Array, isEnd: boolean): Part[] {
    let rest = this.#waiting.with(bytes);
    const parts: Part[] = [{ bytes: [], block: undefined }];
    const pass = (numBytes: number) => {
      if (numBytes > 0) parts.at(-1)?.bytes.push(rest.subarray(0, numBytes));
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
      if (this.#block) parts.push({ bytes: [], block: this.#block });
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
    this.#block = undefined;
    const end = this.#position + headerBytes + length;
    if (length < Number.POSITIVE_INFINITY && end > this.#fileBytes) throw new DamagedAudioError(CUT);
    if (id === SEGMENT) this.#times = new BlockTimes();
    if (id === SEGMENT || id === CLUSTER) {
      if (length < Number.POSITIVE_INFINITY) this.#segmentEnd = Math.max(this.#segmentEnd, end);
      return headerBytes;
    }
    if (length === Number.POSITIVE_INFINITY) throw new DamagedAudioError("is damaged: a piece of it has no end.");
    const readBytes = Math.min(length, READ_BYTES.get(id) ?? 0);
    if (rest.length < headerBytes + readBytes) return undefined;
    this.#look(id, rest.subarray(headerBytes, headerBytes + readBytes));
    this.#toPass = length;
    return headerBytes;
  }

  /** @param content of an element, as far as it is read */
  #look(id: number, content: Uint8Array): void {
    if (id === TRACKS) this.#checkTracks(content);
    else if (id === CLUSTER_TIMESTAMP) this.#times.clusterTime = wholeNumber(content);
    else if (id === SIMPLE_BLOCK) this.#takeBlock(content);
    else if (id === BLOCK_GROUP) this.#takeBlock([...elementsIn(content)].find((inner) => inner.id === BLOCK)?.body);
    else if (id === INFO) {
      const scale = [...elementsIn(content)].find((inner) => inner.id === TIMESTAMP_SCALE)?.body;
      if (scale) this.#times.unitSeconds = wholeNumber(scale) * NANOSECOND;
    }
  }

  #takeBlock(body: Uint8Array = new Uint8Array()): void {
    const block = blockOf(body);
    if (!block || !this.#track) return;
    if (block.track === this.#track.number) this.numBlocks += 1;
    this.#block = this.#times.next(block, this.#track.number);
  }

  /** Another file may stand behind the first, of the same kind. */
  #checkTracks(content: Uint8Array): void {
    const entries = [...elementsIn(content)].filter(({ id }) => id === TRACK_ENTRY).map(({ body }) => trackOf(body));
    const sounds = entries.filter(({ type }) => type === SOUND);
    if (sounds.length > 1) throw new DamagedAudioError(severalTracks(sounds.length, "OUT.mka"));
    const [track] = sounds;
    if (track?.isEncoded) {
      throw new DamagedAudioError(`has sound (${track.codec}) that is compressed once more or encrypted; ${REMEDY}.`);
    }
    const before = this.#track;
    if (before && (track?.number !== before.number || track.codec !== before.codec)) {
      throw new DamagedAudioError(
        "holds several files of different kinds, one behind another; convert each by itself.",
      );
    }
    this.#track = track;
  }
}

interface Track {
  readonly type: number;
  readonly number: number;
  readonly codec: string;
  /** Headers of its blocks are left out, or they are compressed or encrypted. */
  readonly isEncoded: boolean;
}

function trackOf(entry: Uint8Array): Track {
  const fields = new Map([...elementsIn(entry)].map(({ id, body }) => [id, body]));
  // Zeros may fill it up, and messages name it.
  const codec = /^[!-~]*/.exec(String.fromCharCode(...(fields.get(CODEC_ID) ?? [])))?.[0] ?? "";
  return {
    type: wholeNumber(fields.get(TRACK_TYPE)),
    number: wholeNumber(fields.get(TRACK_NUMBER)),
    codec,
    isEncoded: fields.has(CONTENT_ENCODINGS),
  };
}
