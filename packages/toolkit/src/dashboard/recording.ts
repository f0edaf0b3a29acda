/**
 * Recordings for the page's players. Files go out as they are, in whole or in part (RFC 9110, section 14): a player asks
 * for parts when it seeks. A recording inside a shard, or a part of a longer one, goes out as a WAV file of its own.
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { type AudioFormat, detectAudioFormat, headOf, wavFile } from "@deepspeech-ts/recognizer/audio";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { parseSegmentPath } from "../data/audio/segment-path.js";
import { withFile } from "../data/audio/sound-file.js";
import { loadWaveform } from "../data/audio/waveform.js";
import { parsePackedPath } from "../data/packing/packed-path.js";
import { readPacked } from "../data/packing/shard.js";

const MEDIA_TYPES: Record<AudioFormat, string> = {
  flac: "audio/flac",
  wav: "audio/wav",
  mp3: "audio/mpeg",
  opus: "audio/ogg",
  vorbis: "audio/ogg",
  "ogg-flac": "audio/ogg",
  m4a: "audio/mp4",
  webm: "audio/webm",
};

export interface Recording {
  mediaType: string;
  numBytes: number;
  /** The bytes from `first` to `last`, both included. */
  read(first: number, last: number): Readable;
}

export interface ByteRange {
  first: number;
  last: number;
}

/** @throws UserError naming the path where it cannot be read, or is no audio: nothing else is ever sent */
export async function openRecording(path: string): Promise<Recording> {
  const packed = parsePackedPath(path);
  if (packed) {
    const { samples, sampleRate } = readPacked(packed);
    return inMemory(wavFile(samples, sampleRate));
  }
  if (parseSegmentPath(path)) {
    const { samples, sampleRate } = await loadWaveform(path);
    return inMemory(wavFile(samples, sampleRate));
  }
  const { format, numBytes } = await withFile(path, async (file) => {
    return { format: detectAudioFormat((await headOf(file)).head), numBytes: file.fileBytes };
  });
  if (!format) throw new UserError(`${path}: is not a sound file that can be played.`, { code: "bad-audio" });
  const read = (start: number, end: number) => createReadStream(path, { start, end });
  return { mediaType: MEDIA_TYPES[format], numBytes, read };
}

function inMemory(wav: Uint8Array): Recording {
  const read = (first: number, last: number) => Readable.from([wav.subarray(first, last + 1)]);
  return { mediaType: MEDIA_TYPES.wav, numBytes: wav.length, read };
}

/**
 * The part that a Range header asks for; undefined where there is no header, or one that may be ignored: another unit,
 * several parts, not to be understood. "unsatisfiable" where it begins beyond the end.
 */
export function parseRange(header: string | undefined, numBytes: number): ByteRange | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  if (from === "") {
    return Number(to) === 0 ? "unsatisfiable" : { first: Math.max(0, numBytes - Number(to)), last: numBytes - 1 };
  }
  const range = {
    first: Number(from),
    last: Math.min(to === "" ? Number.POSITIVE_INFINITY : Number(to), numBytes - 1),
  };
  if (to !== "" && Number(to) < range.first) return undefined;
  return range.first >= numBytes ? "unsatisfiable" : range;
}
