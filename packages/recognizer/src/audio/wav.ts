/**
 * WAV files, as a header of their own and the sound.
 *
 * The decoder is given a header of the plainest kind, made from what wav-format.ts has read and tested: it need not find
 * its way through chunks of odd lengths, and cannot be made to believe in 65,535 channels in a block of one byte.
 */
import type { ChunkDecoder, DecodedAudio } from "./decoded-audio.js";
import { joinBytes } from "./join-arrays.js";
import { LibraryDecoder } from "./library-decoder.js";
import { WavChunks, wavLayout } from "./wav-chunks.js";
import { wavHeader } from "./write-wav.js";

export class WavChunkDecoder implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;
  readonly #chunks: WavChunks;
  #isFirst = true;
  /** Less than one sample, of a big-endian file. */
  #half: Uint8Array = new Uint8Array();

  /** @param head at least the file's first 40 bytes */
  static async create(head: Uint8Array, fileBytes: number): Promise<WavChunkDecoder> {
    const layout = wavLayout(head);
    if (!layout) throw new Error("WavChunkDecoder: this is no WAV file");
    return new WavChunkDecoder(await LibraryDecoder.create("wav"), new WavChunks(layout, fileBytes));
  }

  private constructor(decoder: ChunkDecoder, chunks: WavChunks) {
    this.#decoder = decoder;
    this.#chunks = chunks;
  }

  push(bytes: Uint8Array): AsyncGenerator<DecodedAudio> {
    return this.#decode(this.#chunks.push(bytes));
  }

  async *end(): AsyncGenerator<DecodedAudio> {
    yield* this.#decode(this.#chunks.end());
    yield* this.#decoder.end();
  }

  free(): void {
    this.#decoder.free();
  }

  async *#decode(pieces: readonly Uint8Array[]): AsyncGenerator<DecodedAudio> {
    const { format } = this.#chunks;
    if (!format || pieces.length === 0) return;
    const sound = this.#chunks.isLittleEndian ? pieces : [this.#swapped(pieces, format.sampleBits / 8)];
    const header = this.#isFirst ? [wavHeader(format)] : [];
    this.#isFirst = false;
    yield* this.#decoder.push(joinBytes([...header, ...sound]));
  }

  /** Whole samples with their bytes in the opposite order. */
  #swapped(pieces: readonly Uint8Array[], sampleBytes: number): Uint8Array {
    const joined = joinBytes([this.#half, ...pieces]);
    const end = joined.length - (joined.length % sampleBytes);
    this.#half = joined.slice(end);
    for (let at = 0; at < end; at += sampleBytes) joined.subarray(at, at + sampleBytes).reverse();
    return joined.subarray(0, end);
  }
}
