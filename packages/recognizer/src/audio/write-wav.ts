/** Plain WAV files: a header of 44 bytes and the sound (RIFF and WAVE description by Microsoft and IBM, 1991). */
import { joinBytes } from "./join-arrays.js";
import type { WavFormat } from "./wav-format.js";

const HEADER_BYTES = 44;
const PCM = 1;

/**
 * What stands before the sound.
 *
 * @param dataBytes of the sound. Default: the number that stands for a length that is not known, as of a live stream.
 */
export function wavHeader(
  { encoding, numChannels, sampleRate, sampleBits }: WavFormat,
  dataBytes?: number,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const name = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
  };
  const blockBytes = (numChannels * sampleBits) / 8;
  name(0, "RIFF");
  view.setUint32(4, dataBytes === undefined ? 0xffffffff : HEADER_BYTES - 8 + dataBytes, true);
  name(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of the format that follows
  view.setUint16(20, encoding, true);
  view.setUint16(22, numChannels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * blockBytes, true);
  view.setUint16(32, blockBytes, true);
  view.setUint16(34, sampleBits, true);
  name(36, "data");
  view.setUint32(40, dataBytes ?? 0xffffffff, true);
  return new Uint8Array(view.buffer);
}

/**
 * A WAV file of one channel in 16 bits.
 *
 * @param samples in [-1, 1]; what is beyond is clipped
 * @param sampleRate of them, in Hz
 */
export function wavFile(samples: Float32Array, sampleRate: number): Uint8Array<ArrayBuffer> {
  const pcm = pcm16(samples);
  const format = { encoding: PCM, numChannels: 1, sampleRate, sampleBits: 16 };
  return joinBytes([wavHeader(format, pcm.length), pcm]);
}

/**
 * Samples as little-endian whole numbers of 16 bits: those that were decoded from such numbers become the same ones.
 *
 * @param samples in [-1, 1]; what is beyond is clipped
 */
export function pcm16(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(2 * i, Math.max(-32_768, Math.min(32_767, Math.round(32_768 * samples[i]!))), true);
  }
  return new Uint8Array(view.buffer);
}
