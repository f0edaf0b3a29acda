/**
 * WAV files, as a header of their own and the sound.
 *
 * The decoder is given a header of the plainest kind, made from what headers.ts has read and tested: it need not
 * find its way through chunks of odd lengths, and cannot be made to believe in 65,535 channels in a block of one byte.
 */
import type { ChunkDecoder, DecodedAudio } from "./chunk-decoder.js";
import type { WavHeader } from "./headers.js";
import { joinBytes } from "./join-arrays.js";

const PLAIN_HEADER_BYTES = 44;
/** Stands for a length that is not known: the decoder reads on to the end. */
const UNKNOWN_LENGTH = 0xffffffff;

export class WavChunkDecoder implements ChunkDecoder {
  readonly #decoder: ChunkDecoder;
  readonly #header: WavHeader;
  #isFirst = true;

  constructor(decoder: ChunkDecoder, header: WavHeader) {
    this.#decoder = decoder;
    this.#header = header;
  }

  push(bytes: Uint8Array): Promise<DecodedAudio | undefined> {
    if (!this.#isFirst) return this.#decoder.push(bytes);
    this.#isFirst = false;
    return this.#decoder.push(joinBytes([plainHeader(this.#header), bytes.subarray(this.#header.dataStart)]));
  }

  end(): Promise<DecodedAudio | undefined> {
    return this.#decoder.end();
  }

  free(): void {
    this.#decoder.free();
  }
}

/** "RIFF" and "WAVE", a format chunk of 16 bytes, and the beginning of the sound's chunk. */
function plainHeader({ encoding, numChannels, sampleRate, sampleBits, numSamples }: WavHeader): Uint8Array {
  const view = new DataView(new ArrayBuffer(PLAIN_HEADER_BYTES));
  const name = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  const blockBytes = (numChannels * sampleBits) / 8;
  const dataBytes = Math.min(UNKNOWN_LENGTH, numSamples * blockBytes);
  name(0, "RIFF");
  view.setUint32(4, UNKNOWN_LENGTH, true);
  name(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, encoding, true);
  view.setUint16(22, numChannels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * blockBytes, true);
  view.setUint16(32, blockBytes, true);
  view.setUint16(34, sampleBits, true);
  name(36, "data");
  view.setUint32(40, dataBytes, true);
  return new Uint8Array(view.buffer);
}
