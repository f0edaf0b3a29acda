/** The formats that audio-decode decodes. */
import decodeAny from "audio-decode";
import { DamagedAudioError } from "./damaged-audio-error.js";
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { quietly } from "./quietly.js";

export type LibraryFormat = "wav" | "mp3" | "oga" | "m4a" | "webm";
type LibraryStream = Awaited<ReturnType<(typeof decodeAny)["wav"]>>;

export interface LibraryChecks {
  /** Samples a channel that the file promises. Default: none. */
  readonly promised?: number;
  /** So many of them may be missing. Default 0. */
  readonly tolerance?: number;
}

export class LibraryDecoder implements ChunkDecoder {
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

  async push(bytes: Uint8Array): Promise<DecodedAudio[]> {
    return this.#counted(await quietly(() => this.#stream(bytes)));
  }

  async end(): Promise<DecodedAudio[]> {
    const audio = this.#counted(await quietly(() => this.#stream.flush()));
    const { promised = 0, tolerance = 0 } = this.#checks;
    if (this.#numSamples >= promised - tolerance) return audio;
    throw new DamagedAudioError(`is damaged or cut short: ${this.#numSamples} of ${promised} samples can be read.`);
  }

  free(): void {
    this.#stream.free();
  }

  #counted({ channelData, sampleRate }: { channelData: Float32Array[]; sampleRate: number }): DecodedAudio[] {
    const [first] = channelData;
    if (!first?.length) return [];
    this.#numSamples += first.length;
    return [{ channels: channelData as Float32Array<ArrayBuffer>[], sampleRate }];
  }
}
