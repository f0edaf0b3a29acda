/**
 * How long a recording is, from its headers: a few hundred bytes read where decoding would take the whole file.
 */
import { type AudioFormat, detectAudioFormat } from "./format.js";
import { flacStreamInfo, wavHeader } from "./headers.js";
import { firstOggPacket, lastOggPosition } from "./ogg.js";
import { OPUS_POSITION_RATE, parseOpusHeader } from "./opus.js";

/** Enough for every header here, WAV files with a long list of tags included. */
export const HEAD_BYTES = 4096;
/** An Ogg page has at most 65,307 bytes, so that a tail of this size holds the start of the last one. */
export const TAIL_BYTES = 65_307;

/** The two ends of a file: up to `HEAD_BYTES` and `TAIL_BYTES` of it, or more. Only Ogg files need the tail. */
export interface FileEnds {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly fileBytes: number;
}

/**
 * The length in seconds of a FLAC, WAV, Ogg Opus or Ogg Vorbis file. Undefined for other formats, and for headers that
 * do not say: such a file must be decoded.
 *
 * @throws DamagedAudioError where a header is damaged or its file is cut short.
 */
export function headerDurationSeconds({ head, tail, fileBytes }: FileEnds): number | undefined {
  const format = detectAudioFormat(head);
  if (format === "flac") {
    const { totalSamples, sampleRate } = flacStreamInfo(head);
    return totalSamples > 0 ? totalSamples / sampleRate : undefined;
  }
  if (format === "wav") return wavDuration(head, fileBytes);
  if (format === "opus" || format === "vorbis") return oggDuration(format, head, tail);
  return undefined;
}

/** Undefined where tags push the sound out of the head; a damaged file is told apart when it is decoded. */
function wavDuration(head: Uint8Array, fileBytes: number): number | undefined {
  const isWhole = head.length === fileBytes;
  try {
    const { numSamples, sampleRate } = wavHeader(head, fileBytes);
    return numSamples / sampleRate;
  } catch (error) {
    if (isWhole) throw error;
    return undefined;
  }
}

function oggDuration(format: AudioFormat, head: Uint8Array, tail: Uint8Array): number | undefined {
  const end = lastOggPosition(tail);
  const packet = firstOggPacket(head);
  if (end === undefined) return undefined;
  if (format === "opus") return Math.max(0, end - parseOpusHeader(packet).preSkip) / OPUS_POSITION_RATE;
  if (packet.length < 16) return undefined;
  const sampleRate = new DataView(packet.buffer, packet.byteOffset).getUint32(12, true);
  return sampleRate > 0 ? end / sampleRate : undefined;
}
