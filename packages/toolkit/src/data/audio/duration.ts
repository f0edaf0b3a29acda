/**
 * How long a recording is: from its headers, a few hundred bytes read, where these say.
 */
import { type FileHandle, open } from "node:fs/promises";
import {
  DamagedAudioError,
  detectAudioFormat,
  HEAD_BYTES,
  headerDurationSeconds,
  isOgg,
  TAIL_BYTES,
} from "@deepspeech-ts/recognizer/audio";
import { errorMessage, UserError } from "../../errors.js";
import { explainReadError, readFileOrExplain, withSpellingOnDisk } from "../../files.js";
import { decodeAudio } from "./waveform.js";

/**
 * The length of a recording in seconds.
 *
 * FLAC, WAV, Ogg Opus and Ogg Vorbis answer from their headers; other formats, and headers that do not say, are
 * decoded.
 * @throws UserError naming the file where it is missing, damaged or not audio.
 */
export async function audioDurationSeconds(path: string): Promise<number> {
  return (await statedDurationSeconds(path)) ?? (await durationByDecoding(path));
}

/**
 * The length that a recording's headers state; undefined where they do not say.
 * @throws UserError naming the file where it is missing or not audio, or its headers are damaged.
 */
export async function statedDurationSeconds(path: string): Promise<number | undefined> {
  try {
    const file = await withSpellingOnDisk(path, open);
    try {
      return await durationFromHeaders(file, path);
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

async function durationFromHeaders(file: FileHandle, path: string): Promise<number | undefined> {
  const { size } = await file.stat();
  const head = await readAt(file, 0, Math.min(size, HEAD_BYTES));
  // What is no audio is named by the decoders, which tell in what way.
  if (detectAudioFormat(head) === undefined) await decodeAudio(head, { fileName: path });
  const tailBytes = isOgg(head) ? Math.min(size, TAIL_BYTES) : 0;
  return headerDurationSeconds({ head, tail: await readAt(file, size - tailBytes, tailBytes), fileBytes: size });
}

async function durationByDecoding(path: string): Promise<number> {
  const { channels, sampleRate } = await decodeAudio(await readFileOrExplain(path), { fileName: path });
  return (channels[0]?.length ?? 0) / sampleRate;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
