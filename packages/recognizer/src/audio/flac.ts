/** FLAC (RFC 9639), in files of its own and in Ogg. */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { FlacFrames, type FlacStreamInfo, flacStreamInfo } from "./flac-frames.js";
import { OggPackets, type OggPage } from "./ogg.js";
import type { OggLink } from "./ogg-links.js";
import { quietly } from "./quietly.js";

/** Idle decoders; each holds a few hundred kilobytes, and one file at a time uses it. */
const idleDecoders: FLACDecoder[] = [];

/** Decodes frames, and compares them with what the header promised. */
class FlacFrameDecoder {
  /** What the header tells. */
  header: FlacStreamInfo | undefined;
  readonly #decoder: FLACDecoder;
  #numSamples = 0;
  #hasFailed = false;

  static async create(): Promise<FlacFrameDecoder> {
    const decoder = idleDecoders.pop() ?? new FLACDecoder();
    await decoder.ready;
    return new FlacFrameDecoder(decoder);
  }

  private constructor(decoder: FLACDecoder) {
    this.#decoder = decoder;
  }

  async decode(frames: Uint8Array[]): Promise<DecodedAudio[]> {
    if (frames.length === 0) return [];
    this.#hasFailed = true;
    const { channelData, sampleRate, samplesDecoded, errors } = await quietly(() => this.#decoder.decodeFrames(frames));
    const [error] = errors;
    this.#hasFailed = error !== undefined;
    if (error) throw new DamagedAudioError(`is damaged: frame ${error.frameNumber + 1}: ${error.message}.`);
    this.#numSamples += samplesDecoded;
    if (samplesDecoded === 0) return [];
    const stated = this.header?.sampleRate ?? sampleRate;
    if (stated !== sampleRate) {
      throw new DamagedAudioError(
        `is damaged: its header tells of ${stated} samples a second, and its sound of ${sampleRate}.`,
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
      `tells of ${promised} samples in its header and has ${this.#numSamples}; write it anew, as with ffmpeg -i IN.flac OUT.flac.`,
    );
  }

  free(): void {
    const decoder = this.#decoder;
    // What a damaged file has left behind in the decoder's memory is not known: the garbage collector may have it.
    if (this.#hasFailed) return;
    // A reset gives back the memory that the file took.
    void decoder.reset().then(
      () => idleDecoders.push(decoder),
      () => {},
    );
  }
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
