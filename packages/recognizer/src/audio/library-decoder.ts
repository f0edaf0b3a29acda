/**
 * The formats that a library's decoder takes whole, in pieces as they come. Each is its package of its own: the one that
 * knows them all, audio-decode, names a package that nobody published, and no bundler goes on where it finds that.
 */
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { quietly } from "./quietly.js";

const CODECS: Readonly<Record<LibraryFormat, () => Promise<Codec>>> = {
  wav: async () => (await import("@audio/decode-wav")).decoder(),
  mp3: async () => (await import("@audio/decode-mp3")).decoder(),
  vorbis: async () => (await import("@audio/decode-vorbis")).decoder(),
  m4a: async () => (await import("@audio/decode-mp4")).decoder(),
  webm: async () => (await import("@audio/decode-webm")).decoder(),
};

/** Decoded at a time: so many bytes hold a few minutes of sound at most, where packets of silence are very short. */
const PIECE_BYTES = 1 << 13;

export type LibraryFormat = "wav" | "mp3" | "vorbis" | "m4a" | "webm";

interface Codec {
  decode(bytes: Uint8Array): CodecSound | Promise<CodecSound>;
  /** What it still holds; MP3's holds nothing. */
  flush?(): CodecSound | Promise<CodecSound>;
  free(): void;
}

interface CodecSound {
  readonly channelData: Float32Array[];
  readonly sampleRate: number;
  /** Those of WebAssembly may give longer arrays. */
  readonly samplesDecoded?: number;
}

export interface LibraryChecks {
  /** Samples a channel that the file promises. Default: none. */
  readonly promised?: number;
  /** So many of them may be missing. Default 0. */
  readonly tolerance?: number;
}

export class LibraryDecoder implements ChunkDecoder {
  readonly #codec: Codec;
  readonly #checks: LibraryChecks;
  #numSamples = 0;
  #isFree = false;

  static async create(format: LibraryFormat, checks: LibraryChecks = {}): Promise<LibraryDecoder> {
    return new LibraryDecoder(await CODECS[format](), checks);
  }

  private constructor(codec: Codec, checks: LibraryChecks) {
    this.#codec = codec;
    this.#checks = checks;
  }

  async *push(bytes: Uint8Array): AsyncGenerator<DecodedAudio> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      yield* await this.decode(bytes.subarray(at, at + PIECE_BYTES));
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    yield* await this.flush();
    const { promised = 0, tolerance = 0 } = this.#checks;
    if (this.#numSamples >= promised - tolerance) return;
    throw new DamagedAudioError(`is damaged or cut short: ${this.#numSamples} of ${promised} samples can be read.`);
  }

  /** All sound that can be had of these bytes, at once. */
  async decode(bytes: Uint8Array): Promise<DecodedAudio[]> {
    return this.#counted(await quietly(() => this.#codec.decode(bytes)));
  }

  /** What the codec still holds. */
  async flush(): Promise<DecodedAudio[]> {
    const rest = await quietly(() => this.#codec.flush?.());
    return rest ? this.#counted(rest) : [];
  }

  free(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#codec.free();
  }

  #counted({ channelData, sampleRate, samplesDecoded }: CodecSound): DecodedAudio[] {
    const channels = channelData.map((channel) => channel.subarray(0, samplesDecoded) as Float32Array<ArrayBuffer>);
    const [first] = channels;
    if (!first?.length) return [];
    this.#numSamples += first.length;
    return [{ channels, sampleRate }];
  }
}
