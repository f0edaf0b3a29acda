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
}

/** Formats whose blocks hold one sample of each channel: PCM, float, A-law, mu-law and the extensible form of these. */
const ONE_SAMPLE_BLOCKS = new Set([0x0001, 0x0003, 0x0006, 0x0007, 0xfffe]);
/** A writer to a pipe cannot know the length, and leaves one of these. */
const UNKNOWN_LENGTHS = new Set([0, 0xffffffff]);

/**
 * Walks the chunks of a WAV file to its sound.
 *
 * @param bytes the whole file, or its beginning if `fileBytes` is given.
 * @param fileBytes the size of the whole file.
 * @throws DamagedAudioError where a chunk is missing, the file ends before its sound does, or the encoding is not one
 * of PCM, float, A-law and mu-law.
 */
export function wavHeader(bytes: Uint8Array, fileBytes = bytes.length): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let format: { sampleRate: number; blockBytes: number } | undefined;
  for (let offset = 12; offset + 8 <= bytes.length; ) {
    const name = String.fromCharCode(...bytes.subarray(offset, offset + 4));
    const length = view.getUint32(offset + 4, true);
    if (name === "fmt " && offset + 24 <= bytes.length) format = parseFormatChunk(view, offset + 8);
    if (name === "data" && format) return measureData(format, length, fileBytes - offset - 8);
    offset += 8 + length + (length % 2);
  }
  throw new DamagedAudioError(`is damaged: the WAV header has no ${format ? "sound" : "format"} chunk.`);
}

function parseFormatChunk(view: DataView, offset: number): { sampleRate: number; blockBytes: number } {
  const encoding = view.getUint16(offset, true);
  const sampleRate = view.getUint32(offset + 4, true);
  const blockBytes = view.getUint16(offset + 12, true);
  if (!ONE_SAMPLE_BLOCKS.has(encoding)) {
    const number = `0x${encoding.toString(16).padStart(4, "0")}`;
    throw new DamagedAudioError(`has WAV encoding ${number}, expected PCM, float, A-law or mu-law; convert it first.`);
  }
  if (sampleRate === 0 || blockBytes === 0) throw new DamagedAudioError("is damaged: its WAV format chunk is empty.");
  return { sampleRate, blockBytes };
}

function measureData(
  { sampleRate, blockBytes }: { sampleRate: number; blockBytes: number },
  promisedBytes: number,
  presentBytes: number,
): WavHeader {
  const isKnown = !UNKNOWN_LENGTHS.has(promisedBytes);
  if (isKnown && promisedBytes > presentBytes) {
    throw new DamagedAudioError(`is cut short: ${presentBytes} of ${promisedBytes} bytes of sound are there.`);
  }
  return { sampleRate, numSamples: Math.floor((isKnown ? promisedBytes : presentBytes) / blockBytes) };
}
