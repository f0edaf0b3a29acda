/**
 * What the headers of FLAC and WAV files say about length, read without decoding.
 *
 * Methods come from RFC 9639 (FLAC), and from the RIFF and WAVE description by Microsoft and IBM (1991).
 */
import { DamagedAudioError } from "./ogg.js";

export interface FlacStreamInfo {
  readonly sampleRate: number;
  /** Samples a channel; 0 where the writer did not know. */
  readonly totalSamples: number;
}

/** The STREAMINFO block, which opens every FLAC file. */
export function flacStreamInfo(bytes: Uint8Array): FlacStreamInfo {
  if (bytes.length < 42) throw new DamagedAudioError("is cut short inside the FLAC header.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // From byte 18: 20 bits of sample rate, 3 of channels, 5 of bits a sample, then 36 of length.
  const sampleRate = view.getUint32(18) >>> 12;
  const totalSamples = (view.getUint8(21) & 0x0f) * 2 ** 32 + view.getUint32(22);
  if (sampleRate === 0) throw new DamagedAudioError("is damaged: its FLAC header gives no sample rate.");
  return { sampleRate, totalSamples };
}

export interface WavHeader {
  readonly sampleRate: number;
  /** Samples a channel. */
  readonly numSamples: number;
  readonly numChannels: number;
  /** One of `WAV_SAMPLE_BITS`, whatever form the file has. */
  readonly encoding: number;
  /** Bits that a sample takes in the file; it may use fewer. */
  readonly sampleBits: number;
  /** Where the sound begins in the file. */
  readonly dataStart: number;
}

type WavFormat = Omit<WavHeader, "numSamples" | "dataStart">;

/** Encodings whose blocks hold one sample of each channel, and the sizes that these samples may have. */
const WAV_SAMPLE_BITS: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [8, 16, 24, 32]], // PCM
  [3, [32, 64]], // float
  [6, [8]], // A-law
  [7, [8]], // mu-law
]);
/** In this form, the encoding stands at the end of the format chunk. */
const EXTENSIBLE = 0xfffe;
/** A writer to a pipe cannot know the length, and leaves one of these. */
const UNKNOWN_LENGTHS = new Set([0, 0xffffffff]);

/**
 * Walks the chunks of a WAV file to its sound.
 *
 * @param bytes the whole file, or its beginning if `fileBytes` is given.
 * @param fileBytes the size of the whole file.
 * @throws DamagedAudioError where a chunk is missing or contradicts itself, the file ends before its sound does, or the
 * encoding is not one of PCM, float, A-law and mu-law.
 */
export function wavHeader(bytes: Uint8Array, fileBytes = bytes.length): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let format: WavFormat | undefined;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const name = String.fromCharCode(...bytes.subarray(offset, offset + 4));
    const length = view.getUint32(offset + 4, true);
    const dataStart = offset + 8;
    if (name === "fmt " && offset + 24 <= bytes.length) format = parseFormatChunk(view, dataStart, length);
    if (name === "data" && format) {
      return { ...format, dataStart, numSamples: measureData(format, length, fileBytes - dataStart) };
    }
    offset = dataStart + length + (length % 2);
  }
  throw new DamagedAudioError(`is damaged: the WAV header has no ${format ? "sound" : "format"} chunk.`);
}

function parseFormatChunk(view: DataView, offset: number, length: number): WavFormat {
  const form = view.getUint16(offset, true);
  const isExtended = form === EXTENSIBLE && length >= 40 && offset + 40 <= view.byteLength;
  const encoding = isExtended ? view.getUint16(offset + 24, true) : form;
  const allowedBits = WAV_SAMPLE_BITS.get(encoding);
  if (!allowedBits) {
    const number = `0x${encoding.toString(16).padStart(4, "0")}`;
    throw new DamagedAudioError(`has WAV encoding ${number}, expected PCM, float, A-law or mu-law; convert it first.`);
  }
  const numChannels = view.getUint16(offset + 2, true);
  const sampleRate = view.getUint32(offset + 4, true);
  const blockBytes = view.getUint16(offset + 12, true);
  if (sampleRate === 0 || blockBytes === 0) throw new DamagedAudioError("is damaged: its WAV format chunk is empty.");
  const sampleBits = (8 * blockBytes) / numChannels;
  if (!allowedBits.includes(sampleBits) || view.getUint16(offset + 14, true) > sampleBits) {
    throw new DamagedAudioError(
      `is damaged: its WAV format chunk tells of ${blockBytes} bytes for a sample of each of ${numChannels} channels.`,
    );
  }
  return { sampleRate, numChannels, encoding, sampleBits };
}

/** Samples a channel. */
function measureData({ numChannels, sampleBits }: WavFormat, promisedBytes: number, presentBytes: number): number {
  const isKnown = !UNKNOWN_LENGTHS.has(promisedBytes);
  if (isKnown && promisedBytes > presentBytes) {
    throw new DamagedAudioError(`is cut short: ${presentBytes} of ${promisedBytes} bytes of sound are there.`);
  }
  return Math.floor((8 * (isKnown ? promisedBytes : presentBytes)) / (numChannels * sampleBits));
}
