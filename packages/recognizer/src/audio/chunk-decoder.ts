/**
 * Decoders of the single formats, fed a file in pieces, so that an hour of sound need never be in memory at once. Each
 * compares what came out with what the headers promised.
 */
import { FLACDecoder } from "@wasm-audio-decoders/flac";
import decodeAny from "audio-decode";
import { FlacFrames } from "./flac-frames.js";
import type { AudioFormat } from "./format.js";
import { flacStreamInfo, wavHeader } from "./headers.js";
import { M4aChunkDecoder } from "./m4a-boxes.js";
import { promisedMp3Samples } from "./mp3-length.js";
import { DamagedAudioError, OggReader } from "./ogg.js";
import { createOpusChunkDecoder } from "./opus.js";
import { WavChunkDecoder } from "./wav.js";

/** The most samples a channel that one MP3 frame holds. */
const MP3_FRAME_SAMPLES = 1152;

export interface DecodedAudio {
  /** One array a channel, all of the same length, with samples in [-1, 1]. */
  readonly channels: Float32Array<ArrayBuffer>[];
  readonly sampleRate: number;
}

/** Decodes one file. Pieces may be cut anywhere; what comes out, put together, does not depend on where. */
export interface ChunkDecoder {
  /** The sound that can be had so far; undefined where there is none yet. Throws DamagedAudioError. */
  push(bytes: Uint8Array): Promise<DecodedAudio | undefined>;
  /** The rest. Throws DamagedAudioError where some of the sound is missing. */
  end(): Promise<DecodedAudio | undefined>;
  /** To be called in the end, whatever happened. May throw where a damaged file has broken the decoder. */
  free(): void;
}

export interface ChunkDecoderOptions {
  /** The file's first bytes, with all headers. */
  readonly head: Uint8Array;
  readonly fileBytes: number;
  /** The rate that the caller wants in the end; 0 for the file's own. */
  readonly targetSampleRate: number;
}

/** Throws DamagedAudioError where a header is damaged. */
export async function createChunkDecoder(format: AudioFormat, options: ChunkDecoderOptions): Promise<ChunkDecoder> {
  const { head, fileBytes, targetSampleRate } = options;
  switch (format) {
    case "flac":
      return FlacChunkDecoder.create(flacStreamInfo(head).totalSamples);
    case "opus":
      return createOpusChunkDecoder(targetSampleRate);
    case "wav":
      return new WavChunkDecoder(await LibraryDecoder.create("wav"), wavHeader(head, fileBytes));
    case "mp3":
      // Decoders differ over the last frame; more than that is missing sound.
      return LibraryDecoder.create("mp3", { atLeast: (promisedMp3Samples(head) ?? 0) - MP3_FRAME_SAMPLES });
    case "ogg-flac":
      return LibraryDecoder.create("flac", { pages: new OggReader() });
    case "vorbis":
      return LibraryDecoder.create("oga", { pages: new OggReader() });
    case "m4a":
      return new M4aChunkDecoder(await LibraryDecoder.create("m4a"), fileBytes);
    case "webm":
      return LibraryDecoder.create("webm");
  }
}

/** Idle decoders; each holds a few hundred kilobytes, and one file at a time uses it. */
const idleFlacDecoders: FLACDecoder[] = [];

/**
 * Frames are found by our own code: given bytes, the decoder waits for what follows the last frame, and loses it where it
 * is very short or has 0xff just before its checksum.
 */
class FlacChunkDecoder implements ChunkDecoder {
  readonly #decoder: FLACDecoder;
  readonly #frames = new FlacFrames();
  readonly #promised: number;
  #numSamples = 0;
  #hasFailed = false;

  /** @param promised the samples that the header tells of; 0 where it does not */
  static async create(promised: number): Promise<FlacChunkDecoder> {
    const decoder = idleFlacDecoders.pop() ?? new FLACDecoder();
    await decoder.ready;
    return new FlacChunkDecoder(decoder, promised);
  }

  private constructor(decoder: FLACDecoder, promised: number) {
    this.#decoder = decoder;
    this.#promised = promised;
  }

  async push(bytes: Uint8Array): Promise<DecodedAudio | undefined> {
    return this.#decode(this.#frames.push(bytes));
  }

  async end(): Promise<DecodedAudio | undefined> {
    const audio = await this.#decode(this.#frames.end());
    checkLength(this.#numSamples, this.#promised, this.#promised);
    return audio;
  }

  free(): void {
    const decoder = this.#decoder;
    // What a damaged file has left behind in the decoder's memory is not known: the garbage collector may have it.
    if (this.#hasFailed) return;
    // A reset gives back the memory that the file took.
    void decoder.reset().then(
      () => idleFlacDecoders.push(decoder),
      () => {},
    );
  }

  async #decode(frames: Uint8Array[]): Promise<DecodedAudio | undefined> {
    if (frames.length === 0) return undefined;
    this.#hasFailed = true;
    const { channelData, sampleRate, samplesDecoded, errors } = await quietly(() => this.#decoder.decodeFrames(frames));
    const [error] = errors;
    this.#hasFailed = error !== undefined;
    if (error) throw new DamagedAudioError(`is damaged: frame ${error.frameNumber + 1}: ${error.message}.`);
    this.#numSamples += samplesDecoded;
    if (samplesDecoded === 0) return undefined;
    return { channels: channelData as Float32Array<ArrayBuffer>[], sampleRate };
  }
}

type LibraryFormat = "wav" | "flac" | "mp3" | "oga" | "m4a" | "webm";
type LibraryStream = Awaited<ReturnType<(typeof decodeAny)["wav"]>>;

interface LibraryChecks {
  /** Samples a channel below which the file is cut short. */
  atLeast?: number;
  /** Tests the checksums of an Ogg file. */
  pages?: OggReader;
}

/** The formats that audio-decode decodes. */
class LibraryDecoder implements ChunkDecoder {
  readonly #stream: LibraryStream;
  readonly #checks: LibraryChecks;
  #numSamples = 0;

  static async create(format: LibraryFormat, checks: LibraryChecks = {}): Promise<LibraryDecoder> {
    return new LibraryDecoder(await decodeAny[format](), checks);
  }

  private constructor(stream: LibraryStream, checks: LibraryChecks) {
    this.#stream = stream;
    this.#checks = checks;
  }

  async push(bytes: Uint8Array): Promise<DecodedAudio | undefined> {
    this.#checks.pages?.push(bytes);
    return this.#counted(await quietly(() => this.#stream(bytes)));
  }

  async end(): Promise<DecodedAudio | undefined> {
    this.#checks.pages?.end();
    const audio = this.#counted(await quietly(() => this.#stream.flush()));
    const { atLeast = 0 } = this.#checks;
    checkLength(this.#numSamples, atLeast, atLeast + MP3_FRAME_SAMPLES);
    return audio;
  }

  free(): void {
    this.#stream.free();
  }

  #counted({ channelData, sampleRate }: { channelData: Float32Array[]; sampleRate: number }): DecodedAudio | undefined {
    const [first] = channelData;
    if (!first?.length) return undefined;
    this.#numSamples += first.length;
    return { channels: channelData as Float32Array<ArrayBuffer>[], sampleRate };
  }
}

/**
 * Two of the decoders also print what they find wrong, hundreds of lines for one file. They work at once, before they
 * give back a promise, so that nobody else's lines are lost.
 */
function quietly<T>(decode: () => T): T {
  const { error } = console;
  console.error = () => {};
  try {
    return decode();
  } finally {
    console.error = error;
  }
}

function checkLength(decoded: number, atLeast: number, promised: number): void {
  if (decoded >= atLeast) return;
  throw new DamagedAudioError(`is damaged or cut short: ${decoded} of ${promised} samples can be read.`);
}
