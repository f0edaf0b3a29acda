/** How a WAV file codes its samples: its format chunk (RIFF and WAVE description by Microsoft and IBM, 1991). */
import { DamagedAudioError } from "./damaged-audio-error.js";

export interface WavFormat {
  readonly sampleRate: number;
  readonly numChannels: number;
  /** One of `WAV_SAMPLE_BITS`, whatever form the file has. */
  readonly encoding: number;
  /** Bits that a sample takes in the file; it may use fewer. */
  readonly sampleBits: number;
}

/** Encodings whose blocks hold one sample of each channel, and the sizes that these samples may have. */
const WAV_SAMPLE_BITS: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [8, 16, 24, 32]], // PCM
  [3, [32, 64]], // float
  [6, [8]], // A-law
  [7, [8]], // mu-law
]);
/** In this form, the encoding stands at the end of the format chunk. */
const EXTENSIBLE = 0xfffe;
/** Of the format chunk, what is read. */
export const FORMAT_CHUNK_BYTES = 40;

/**
 * Reads a format chunk, or its first `FORMAT_CHUNK_BYTES`.
 *
 * @throws DamagedAudioError where it contradicts itself, or the encoding is not one of PCM, float, A-law and mu-law.
 */
export function parseWavFormat(chunk: Uint8Array, isLittleEndian: boolean): WavFormat {
  if (chunk.length < 16) throw new DamagedAudioError("is damaged: its WAV format chunk is too short.");
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  const uint16 = (at: number) => view.getUint16(at, isLittleEndian);
  const form = uint16(0);
  const encoding = form === EXTENSIBLE && chunk.length >= FORMAT_CHUNK_BYTES ? uint16(24) : form;
  const allowedBits = WAV_SAMPLE_BITS.get(encoding);
  if (!allowedBits) {
    const number = `0x${encoding.toString(16).padStart(4, "0")}`;
    throw new DamagedAudioError(
      `has WAV encoding ${number}, expected PCM, float, A-law or mu-law; convert it first, as with ffmpeg -i IN.wav -c:a pcm_s16le OUT.wav.`,
    );
  }
  const [numChannels, sampleRate, blockBytes] = [uint16(2), view.getUint32(4, isLittleEndian), uint16(12)];
  if (sampleRate === 0 || blockBytes === 0) throw new DamagedAudioError("is damaged: its WAV format chunk is empty.");
  const sampleBits = (8 * blockBytes) / numChannels;
  if (!allowedBits.includes(sampleBits) || uint16(14) > sampleBits) {
    throw new DamagedAudioError(
      `is damaged: its WAV format chunk states ${blockBytes} bytes for a sample of each of ${numChannels} channels.`,
    );
  }
  return { sampleRate, numChannels, encoding, sampleBits };
}

export function isSameFormat(a: WavFormat, b: WavFormat): boolean {
  return (
    a.sampleRate === b.sampleRate &&
    a.numChannels === b.numChannels &&
    a.encoding === b.encoding &&
    a.sampleBits === b.sampleBits
  );
}
