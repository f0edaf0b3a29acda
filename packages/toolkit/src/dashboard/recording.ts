/**
 * Recordings for the page's players. Files go out as they are, in whole or in part (RFC 9110, section 14): a player asks
 * for parts when it seeks. A recording inside a shard goes out as a WAV file of its own, for no browser knows shards.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { type AudioFormat, detectAudioFormat, HEAD_BYTES } from "@deepspeech-ts/recognizer/audio";
import { parsePackedPath } from "../data/packing/packed-path.js";
import { readPacked } from "../data/packing/shard.js";
import { UserError } from "../errors.js";
import { wavBytes } from "../evaluation/report/data-urls.js";
import { explainReadError } from "../files.js";

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
    return inMemory(wavBytes(samples, sampleRate));
  }
  const { head, numBytes } = await readHead(path);
  const format = detectAudioFormat(head);
  if (!format) throw new UserError(`${path}: is not a sound file that can be played.`, { code: "bad-audio" });
  const read = (start: number, end: number) => createReadStream(path, { start, end });
  return { mediaType: MEDIA_TYPES[format], numBytes, read };
}

function inMemory(wav: Buffer): Recording {
  const read = (first: number, last: number) => Readable.from([wav.subarray(first, last + 1)]);
  return { mediaType: MEDIA_TYPES.wav, numBytes: wav.length, read };
}

async function readHead(path: string): Promise<{ head: Uint8Array; numBytes: number }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const head = new Uint8Array(Math.min(size, HEAD_BYTES));
    await file.read(head, 0, head.length, 0);
    return { head, numBytes: size };
  } catch (error) {
    throw explainReadError(path, error);
  }
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
