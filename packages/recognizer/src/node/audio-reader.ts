/** A recording, read and decoded a few seconds at a time, as one channel at the model's rate. */
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { decodeChunks } from "../audio/decode.js";
import { Mixer } from "../audio/mix-down.js";
import { Resampler } from "../audio/resample.js";
import { RecognizerError } from "../errors.js";

/** Plain data: it crosses from thread to thread. */
export interface AudioSource {
  /** A path, a file's bytes, or samples of one channel. */
  readonly input: string | Uint8Array | Float32Array<ArrayBuffer>;
  readonly fileName: string;
  /** Samples a second of raw samples. */
  readonly inputSampleRate: number;
  /** Samples a second of the result. */
  readonly sampleRate: number;
}

const PIECE_BYTES = 1 << 18;
const PIECE_SECONDS = 10;

export class AudioReader {
  readonly #samples: AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined>;

  constructor(source: AudioSource) {
    this.#samples = readSamples(source);
  }

  /** The next samples, at most ten seconds; undefined at the end. Throws RecognizerError. */
  async next(): Promise<Float32Array<ArrayBuffer> | undefined> {
    const { done, value } = await this.#samples.next();
    return done ? undefined : value;
  }

  /** Lets go of the file and the decoder. */
  async close(): Promise<void> {
    await this.#samples.return();
  }
}

async function* readSamples(source: AudioSource): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
  const { sampleRate } = source;
  const most = PIECE_SECONDS * sampleRate;
  for await (const samples of resampledSamples(source)) {
    for (let at = 0; at < samples.length; at += most) yield samples.slice(at, at + most);
  }
}

async function* resampledSamples({
  input,
  fileName,
  inputSampleRate,
  sampleRate,
}: AudioSource): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
  let resampler: Resampler | undefined;
  for await (const audio of decodedPieces(input, fileName, { inputSampleRate, targetSampleRate: sampleRate })) {
    if (audio.sampleRate === sampleRate) yield audio.samples;
    else {
      resampler ??= new Resampler(audio.sampleRate, sampleRate);
      yield resampler.push(audio.samples);
    }
  }
  if (resampler) yield resampler.end();
}

interface Piece {
  readonly samples: Float32Array<ArrayBuffer>;
  readonly sampleRate: number;
}

async function* decodedPieces(
  input: AudioSource["input"],
  fileName: string,
  { inputSampleRate, targetSampleRate }: { inputSampleRate: number; targetSampleRate: number },
): AsyncGenerator<Piece, void, undefined> {
  if (input instanceof Float32Array) {
    const most = PIECE_SECONDS * inputSampleRate;
    for (let at = 0; at < input.length; at += most) {
      yield { samples: input.subarray(at, at + most), sampleRate: inputSampleRate };
    }
    return;
  }
  const { bytes, fileBytes, close } = typeof input === "string" ? await openFile(input) : piecesOf(input);
  const mixer = new Mixer();
  let rate = 0;
  try {
    for await (const { channels, sampleRate } of decodeChunks(bytes, { fileName, fileBytes, targetSampleRate })) {
      rate = sampleRate;
      yield { samples: mixer.push(channels), sampleRate };
    }
    yield { samples: mixer.end(), sampleRate: rate };
  } finally {
    // Here, and not where the bytes are read: a decoder that refuses a file at once never asks for them.
    await close?.();
  }
}

interface BytePieces {
  readonly bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly fileBytes: number;
  readonly close?: () => Promise<void>;
}

function piecesOf(file: Uint8Array): BytePieces {
  const starts = [0];
  for (let at = PIECE_BYTES; at < file.length; at += PIECE_BYTES) starts.push(at);
  return { bytes: starts.map((start, index) => file.subarray(start, starts[index + 1])), fileBytes: file.length };
}

async function openFile(path: string): Promise<BytePieces> {
  try {
    // Before it is opened: a pipe would be waited for, and nobody could call that off.
    refuseSpecial(path, await stat(path));
    const file = await open(path);
    const { size } = await file.stat();
    return { bytes: readPieces(file), fileBytes: size, close: () => file.close() };
  } catch (error) {
    throw explainReadError(path, error);
  }
}

function refuseSpecial(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const problem = stats.isFIFO()
    ? "is a pipe; give a stream of its bytes, such as createReadStream of node:fs"
    : "is no file; give the path of a sound file";
  throw new RecognizerError("file-not-readable", `${path}: ${problem}`);
}

async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_BYTES), 0, PIECE_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Turns a system error met while reading `path` into a RecognizerError; any other error is returned as it is. */
export function explainReadError(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new RecognizerError("file-not-found", `${path}: no such file; check the path`, { cause: error });
  }
  if (code === "EISDIR") {
    return new RecognizerError("file-not-readable", `${path}: is a folder, expected a file`, { cause: error });
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = `${path}: may not be read; check its permissions`;
    return new RecognizerError("file-not-readable", message, { cause: error });
  }
  return error;
}
