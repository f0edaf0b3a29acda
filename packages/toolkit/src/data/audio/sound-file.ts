/** Sound files, read and decoded a piece at a time: an hour of sound need never be in memory, nor its file. */
import { type FileHandle, open } from "node:fs/promises";
import * as audio from "@deepspeech-ts/recognizer/audio";
import { explainReadError, UserError, withSpellingOnDisk } from "@deepspeech-ts/recognizer/system";
import type { Waveform } from "../types.js";
import { parseSegmentPath } from "./segment-path.js";

const PIECE_BYTES = 1 << 18;

/** Gives `use` a file of which any part can be read. Throws a UserError naming the file where that cannot be. */
export async function withFile<T>(path: string, use: (file: audio.RandomAccess) => Promise<T>): Promise<T> {
  try {
    const file = await withSpellingOnDisk(path, (spelt) => open(spelt));
    try {
      const { size } = await file.stat();
      return await use({ fileBytes: size, read: (position, numBytes) => readAt(file, position, numBytes) });
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainSoundError(path, error);
  }
}

/**
 * The sound of a file, piece by piece, as it was recorded.
 *
 * @param targetSampleRate the rate that the caller wants in the end: a format that can decode straight to it does.
 * Default: the file's own.
 * @throws UserError naming the file
 */
export async function* decodeFile(path: string, targetSampleRate = 0): AsyncGenerator<audio.DecodedAudio> {
  let file: FileHandle | undefined;
  try {
    file = await withSpellingOnDisk(path, (spelt) => open(spelt));
    const stats = await file.stat();
    // What comes through a pipe has no length.
    const fileBytes = stats.isFile() ? stats.size : Number.POSITIVE_INFINITY;
    yield* audio.decodeChunks(readPieces(file), { fileName: path, fileBytes, targetSampleRate });
  } catch (error) {
    throw explainSoundError(path, error);
  } finally {
    await file?.close();
  }
}

/**
 * The sound of a recording as one channel, piece by piece at one rate, which is the file's own or `targetSampleRate`. The
 * path may be that of a part of a file (see segment-path.ts).
 *
 * @throws UserError naming the file
 */
export async function* monoPieces(path: string, targetSampleRate = 0): AsyncGenerator<Waveform> {
  const segment = parseSegmentPath(path);
  const pieces = mixedPieces(segment?.filePath ?? path, targetSampleRate);
  if (!segment) {
    yield* pieces;
    return;
  }
  let [position, rate] = [0, 0];
  for await (const { samples, sampleRate } of pieces) {
    rate = sampleRate;
    const [from, to] = [segment.fromSeconds, segment.toSeconds].map((seconds) => Math.round(seconds * sampleRate));
    const start = position;
    position += samples.length;
    const part = samples.slice(Math.max(0, (from as number) - start), Math.max(0, (to as number) - start));
    if (part.length > 0) yield { samples: part, sampleRate };
    if (position >= (to as number)) break;
  }
  if (position > Math.round(segment.fromSeconds * rate)) return;
  const seconds = (position / rate).toFixed(2);
  throw new UserError(
    `${segment.filePath}: lasts ${seconds} s, and the part from ${segment.fromSeconds} s is asked for.`,
    {
      code: "bad-audio",
    },
  );
}

async function* mixedPieces(path: string, targetSampleRate: number): AsyncGenerator<Waveform> {
  let mixer: audio.Mixer | undefined;
  let rate = 0;
  for await (const { channels, sampleRate } of decodeFile(path, targetSampleRate)) {
    rate = sampleRate;
    mixer ??= new audio.Mixer(sampleRate);
    yield { samples: mixer.push(channels), sampleRate };
  }
  if (mixer) yield { samples: mixer.end(), sampleRate: rate };
}

async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function readAt(file: FileHandle, position: number, numBytes: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(numBytes);
  const { bytesRead } = await file.read(buffer, 0, numBytes, position);
  return buffer.subarray(0, bytesRead);
}

/** What went wrong with a sound file, as a UserError that names it; any other error is returned as it is. */
export function explainSoundError(path: string, error: unknown): unknown {
  if (error instanceof audio.RecognizerError) return new UserError(error.message, { code: error.code, cause: error });
  if (error instanceof audio.DamagedAudioError) {
    return new UserError(`${path}: ${error.message}`, { code: "bad-audio", cause: error });
  }
  return explainReadError(path, error);
}
