/**
 * How long a recording is, from its headers: a few hundred bytes read where decoding would take the whole file.
 */
import { type FileHandle, open } from "node:fs/promises";
import { errorMessage, UserError } from "../../errors.js";
import { explainReadError } from "../../files.js";
import { decodeAudio } from "./decode.js";
import { type AudioFormat, detectAudioFormat } from "./format.js";
import { flacStreamInfo, wavHeader } from "./headers.js";
import { DamagedAudioError, firstOggPacket, lastOggPosition } from "./ogg.js";
import { OPUS_POSITION_RATE, parseOpusHeader } from "./opus.js";

/** Enough for every header here, WAV files with a long list of tags included. */
const HEAD_BYTES = 4096;
/** An Ogg page has at most 65,307 bytes, so that a tail of this size holds the start of the last one. */
const TAIL_BYTES = 65_307;

/**
 * The length of a recording in seconds.
 *
 * FLAC, WAV, Ogg Opus and Ogg Vorbis answer from their headers; other formats, and headers that do not say, are
 * decoded.
 * @throws UserError naming the file where it is missing, damaged or not audio.
 */
export async function audioDurationSeconds(path: string): Promise<number> {
  try {
    const file = await open(path);
    try {
      return (await durationFromHeaders(file)) ?? (await durationByDecoding(path, await file.readFile()));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DamagedAudioError) {
      throw new UserError(`${path}: ${errorMessage(error)}`, { code: "bad-audio", cause: error });
    }
    throw explainReadError(path, error);
  }
}

async function durationFromHeaders(file: FileHandle): Promise<number | undefined> {
  const { size } = await file.stat();
  const head = await readAt(file, 0, Math.min(size, HEAD_BYTES));
  const format = detectAudioFormat(head);
  if (format === "flac") {
    const { totalSamples, sampleRate } = flacStreamInfo(head);
    return totalSamples > 0 ? totalSamples / sampleRate : undefined;
  }
  if (format === "wav") return wavDuration(head, size);
  if (format === "opus" || format === "vorbis") {
    const tailBytes = Math.min(size, TAIL_BYTES);
    return oggDuration(format, head, await readAt(file, size - tailBytes, tailBytes));
  }
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
  return end / new DataView(packet.buffer, packet.byteOffset).getUint32(12, true);
}

async function durationByDecoding(path: string, bytes: Uint8Array): Promise<number> {
  const { channels, sampleRate } = await decodeAudio(bytes, { fileName: path });
  return (channels[0]?.length ?? 0) / sampleRate;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
