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
  /** Given to it in all its life. */
  numFrames: number;
}

const idleDecoders: ReusableDecoder[] = [];

/** A whole frame: 16 samples of 0.5, one channel, 16 bits, 16 kHz. */
const KNOWN_FRAME = Uint8Array.of(0xff, 0xf8, 0x65, 0x08, 0x00, 0x0f, 0xd8, 0x00, 0x40, 0x00, 0xa6, 0x83);
const KNOWN_SAMPLES = 16;

/** Decodes frames, and compares them with what the header promised. */
class FlacFrameDecoder {
  /** What the header tells. */
  header: FlacStreamInfo | undefined;
  readonly #reusable: ReusableDecoder;
  readonly #framesBefore: number;
  #numSamples = 0;
  #hasFailed = false;

  static async create(): Promise<FlacFrameDecoder> {
    const reusable = idleDecoders.pop() ?? { decoder: new FLACDecoder(), numFrames: 0 };
    await reusable.decoder.ready;
    return new FlacFrameDecoder(reusable);
  }

  private constructor(reusable: ReusableDecoder) {
    this.#reusable = reusable;
    this.#framesBefore = reusable.numFrames;
  }

  async decode(frames: Uint8Array[]): Promise<DecodedAudio[]> {
    if (frames.length === 0) return [];
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

  /** Throws DamagedAudioError where there are fewer samples than were promised, or more. */
  checkLength(): void {
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
    if (!this.#hasFailed) void keepIfEmpty(this.#reusable);
  }
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
  if (isEmpty) idleDecoders.push(reusable);
}

/**
 * Frames are found by our own code: given bytes, the decoder waits for what follows the last frame, and loses it where it
 * is very short or has 0xff just before its checksum.
 */
export class FlacChunkDecoder implements ChunkDecoder {
  readonly #decoder: FlacFrameDecoder;
  readonly #frames = new FlacFrames();

  /** @param head the file's first bytes */
  static async create(head: Uint8Array): Promise<FlacChunkDecoder> {
    const header = flacStreamInfo(head);
    const decoder = await FlacFrameDecoder.create();
    decoder.header = header;
    return new FlacChunkDecoder(decoder);
  }

  private constructor(decoder: FlacFrameDecoder) {
    this.#decoder = decoder;
  }

  push(bytes: Uint8Array): Promise<DecodedAudio[]> {
    return this.#decoder.decode(this.#frames.push(bytes));
  }

  async end(): Promise<DecodedAudio[]> {
    const audio = await this.#decoder.decode(this.#frames.end());
    this.#decoder.checkLength();
    return audio;
  }

  free(): void {
    this.#decoder.free();
  }
}

/** Before the "fLaC" of the first packet. */
const OGG_FLAC_HEADER_BYTES = 9;

/** FLAC in Ogg: a packet is a frame, or a block of metadata. */
export class FlacOggLink implements OggLink<DecodedAudio> {
  readonly #decoder: FlacFrameDecoder;
  readonly #packets = new OggPackets();
  #isFirst = true;

  static async create(): Promise<FlacOggLink> {
    return new FlacOggLink(await FlacFrameDecoder.create());
  }

  private constructor(decoder: FlacFrameDecoder) {
    this.#decoder = decoder;
  }

  async push(page: OggPage): Promise<DecodedAudio[]> {
    const packets = this.#packets.push(page);
    if (this.#isFirst && packets[0]) {
      this.#decoder.header = flacStreamInfo(packets[0].subarray(OGG_FLAC_HEADER_BYTES));
      this.#isFirst = false;
    }
    return await this.#decoder.decode(packets.filter(([first]) => first === 0xff));
  }

  async end(): Promise<DecodedAudio[]> {
    this.#packets.end();
    this.#decoder.checkLength();
    return [];
  }

  free(): void {
    this.#decoder.free();
  }
}
