/** FLAC (RFC 9639), in files of its own and in Ogg. */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { FlacFrames, type FlacStreamInfo, flacStreamInfo } from "./flac-frames.js";
import { OggPackets, type OggPage } from "./ogg.js";
import type { OggLink } from "./ogg-links.js";
import { quietly } from "./quietly.js";

/** One file at a time uses a decoder; to make a new one, or to reset it, takes longer than to decode an utterance. */
interface ReusableDecoder {
  readonly decoder: FLACDecoder;
  /** Of the first frame in its life; see `blockSizeOf`. */
  readonly blockSize: string | undefined;
  /** Given to it in all its life. */
  numFrames: number;
}

const idleDecoders: ReusableDecoder[] = [];
/** Some threads decode a few files at a time, and files come in a few block sizes. */
const MOST_IDLE_DECODERS = 16;

/** A whole frame: 16 samples of 0.5, one channel, 16 bits, 16 kHz. */
const KNOWN_FRAME = Uint8Array.of(0xff, 0xf8, 0x65, 0x08, 0x00, 0x0f, 0xd8, 0x00, 0x40, 0x00, 0xa6, 0x83);
const KNOWN_SAMPLES = 16;
/** Decoded at a time: some seconds of sound, and a minute of the longest frames, of which 13 bytes may make one. */
const FRAMES_TOGETHER = 16;

/** Decodes frames, and compares them with what the header promised. */
class FlacFrameDecoder {
  /** What the header tells. */
  header: FlacStreamInfo | undefined;
  /** Taken when there is a frame to be decoded. */
  #reusable: ReusableDecoder | undefined;
  #framesBefore = 0;
  #numSamples = 0;
  #hasFailed = false;

  async *decode(frames: readonly Uint8Array[]): AsyncGenerator<DecodedAudio> {
    for (let at = 0; at < frames.length; at += FRAMES_TOGETHER) {
      yield* await this.#decode(frames.slice(at, at + FRAMES_TOGETHER));
    }
  }

  async #decode(frames: Uint8Array[]): Promise<DecodedAudio[]> {
    this.#reusable ??= await this.#take(frames[0] as Uint8Array);
    this.#hasFailed = true;
    const { channelData, sampleRate, samplesDecoded, errors } = await decodeFrames(this.#reusable, frames);
    const [error] = errors;
    this.#hasFailed = error !== undefined;
    if (error) {
      const number = error.frameNumber - this.#framesBefore + 1;
      throw new DamagedAudioError(`is damaged: frame ${number}: ${error.message}.`);
    }
    this.#numSamples += samplesDecoded;
    if (samplesDecoded === 0) return [];
    const stated = this.header?.sampleRate ?? sampleRate;
    if (stated !== sampleRate) {
      throw new DamagedAudioError(
        `is damaged: its header states ${stated} samples a second, and its sound has ${sampleRate}.`,
      );
    }
    return [{ channels: channelData as Float32Array<ArrayBuffer>[], sampleRate }];
  }

  /** Decodes the last frames. Throws DamagedAudioError where there are fewer samples than were promised, or more. */
  async *end(frames: readonly Uint8Array[]): AsyncGenerator<DecodedAudio> {
    yield* this.decode(frames);
    this.#checkLength();
  }

  #checkLength(): void {
    const promised = this.header?.totalSamples ?? 0;
    if (promised === 0 || this.#numSamples === promised) return;
    if (this.#numSamples < promised) {
      throw new DamagedAudioError(`is damaged or cut short: ${this.#numSamples} of ${promised} samples can be read.`);
    }
    throw new DamagedAudioError(
      `states ${promised} samples in its header and has ${this.#numSamples}; rewrite it, as with ffmpeg -i IN.flac OUT.flac.`,
    );
  }

  free(): void {
    // What a damaged file has left behind in the decoder's memory is not known: the garbage collector may have it.
    if (this.#reusable?.blockSize && !this.#hasFailed) void keepIfEmpty(this.#reusable);
  }

  async #take(first: Uint8Array): Promise<ReusableDecoder> {
    const reusable = await takeDecoder(blockSizeOf(first));
    this.#framesBefore = reusable.numFrames;
    return reusable;
  }
}

/**
 * A decoder that counts frames as a new one would: it multiplies their numbers by the block size of the first frame in
 * its life, and complains of missing frames where a later file has smaller ones.
 */
async function takeDecoder(blockSize: string | undefined): Promise<ReusableDecoder> {
  const index = blockSize === undefined ? -1 : idleDecoders.findLastIndex((idle) => idle.blockSize === blockSize);
  const [idle] = index === -1 ? [] : idleDecoders.splice(index, 1);
  const reusable = idle ?? { decoder: new FLACDecoder(), blockSize, numFrames: 0 };
  await reusable.decoder.ready;
  return reusable;
}

/**
 * The block size of a stream, in the words of its first frame's header; undefined where frames are numbered otherwise than
 * by one size from 0 on, as in a broadcast that was tuned in to.
 */
function blockSizeOf([, strategy = 0, sizes = 0, , number, high = 0, low = 0]: Uint8Array): string | undefined {
  const isFixed = (strategy & 1) === 0;
  if (!isFixed || number !== 0) return undefined;
  const code = sizes >> 4;
  if (code === 6) return `${high + 1}`;
  return code === 7 ? `${256 * high + low + 1}` : `code ${code}`;
}

function decodeFrames(reusable: ReusableDecoder, frames: Uint8Array[]): ReturnType<FLACDecoder["decodeFrames"]> {
  reusable.numFrames += frames.length;
  return quietly(() => reusable.decoder.decodeFrames(frames));
}

/**
 * Keeps a decoder for the next file if nothing of the last one waits in it: bytes behind the last frame do, without a word,
 * and would spoil the frame that comes next. It must give what is known to be in a frame, and nothing else.
 */
async function keepIfEmpty(reusable: ReusableDecoder): Promise<void> {
  const { channelData, errors } = await decodeFrames(reusable, [KNOWN_FRAME]);
  const [samples] = channelData;
  const isEmpty =
    errors.length === 0 &&
    samples?.length === KNOWN_SAMPLES &&
    samples.every((sample) => Math.abs(sample - 0.5) < 1e-3);
  if (!isEmpty) return;
  if (idleDecoders.length === MOST_IDLE_DECODERS) idleDecoders.shift();
  idleDecoders.push(reusable);
}

/**
 * Frames are found by our own code: given bytes, the decoder waits for what follows the last frame, and loses it where it
 * is very short or has 0xff just before its checksum.
 */
export class FlacChunkDecoder implements ChunkDecoder {
  readonly #decoder = new FlacFrameDecoder();
  readonly #frames = new FlacFrames();

  /** @param head the file's first bytes. Throws DamagedAudioError. */
  constructor(head: Uint8Array) {
    this.#decoder.header = flacStreamInfo(head);
  }

  push(bytes: Uint8Array): AsyncGenerator<DecodedAudio> {
    return this.#decoder.decode(this.#frames.push(bytes));
  }

  end(): AsyncGenerator<DecodedAudio> {
    return this.#decoder.end(this.#frames.end());
  }

  free(): void {
    this.#decoder.free();
  }
}

/** Before the "fLaC" of the first packet. */
const OGG_FLAC_HEADER_BYTES = 9;

/** FLAC in Ogg: a packet is a frame, or a block of metadata. */
export class FlacOggLink implements OggLink<DecodedAudio> {
  readonly #decoder = new FlacFrameDecoder();
  readonly #packets = new OggPackets();
  #isFirst = true;

  push(page: OggPage): AsyncGenerator<DecodedAudio> {
    const packets = this.#packets.push(page);
    if (this.#isFirst && packets[0]) {
      this.#decoder.header = flacStreamInfo(packets[0].subarray(OGG_FLAC_HEADER_BYTES));
      this.#isFirst = false;
    }
    return this.#decoder.decode(packets.filter(([first]) => first === 0xff));
  }

  end(): AsyncGenerator<DecodedAudio> {
    this.#packets.end();
    return this.#decoder.end([]);
  }

  free(): void {
    this.#decoder.free();
  }
}
