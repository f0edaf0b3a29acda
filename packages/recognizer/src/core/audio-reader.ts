/** A recording, read and decoded a few seconds at a time, as one channel at the model's rate. */
import { decodeChunks } from "../audio/decode.js";
import { resampledPieces, waveformPieces } from "../audio/waveform.js";

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

/** A file, in pieces. */
export interface BytePieces {
  readonly bytes: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly fileBytes: number;
  readonly close?: () => Promise<void>;
}

/** Opens the file that a path names. Throws RecognizerError. */
export type OpenFile = (path: string) => Promise<BytePieces>;

export const PIECE_BYTES = 1 << 18;
/** The most that is handed on at a time. */
const PIECE_SECONDS = 10;

/** Views of samples, `PIECE_SECONDS` at a time. */
export function* inPieces(
  samples: Float32Array<ArrayBuffer>,
  sampleRate: number,
): Generator<Float32Array<ArrayBuffer>, void, undefined> {
  const most = PIECE_SECONDS * sampleRate;
  for (let at = 0; at < samples.length; at += most) yield samples.subarray(at, at + most);
}

export class AudioReader {
  readonly #samples: AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined>;

  constructor(source: AudioSource, openFile: OpenFile) {
    this.#samples = readSamples(source, openFile);
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

async function* readSamples(
  source: AudioSource,
  openFile: OpenFile,
): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
  for await (const samples of resampledSamples(source, openFile)) {
    for (const piece of inPieces(samples, source.sampleRate)) yield piece.slice();
  }
}

async function* resampledSamples(
  { input, fileName, inputSampleRate, sampleRate }: AudioSource,
  openFile: OpenFile,
): AsyncGenerator<Float32Array<ArrayBuffer>, void, undefined> {
  if (input instanceof Float32Array) {
    yield* resampledPieces(inPieces(input, inputSampleRate), inputSampleRate, sampleRate);
    return;
  }
  const { bytes, fileBytes, close } = typeof input === "string" ? await openFile(input) : piecesOf(input);
  try {
    yield* waveformPieces(decodeChunks(bytes, { fileName, fileBytes, targetSampleRate: sampleRate }), sampleRate);
  } finally {
    // Here, and not where the bytes are read: a decoder that refuses a file at once never asks for them.
    await close?.();
  }
}

function piecesOf(file: Uint8Array): BytePieces {
  const starts = [0];
  for (let at = PIECE_BYTES; at < file.length; at += PIECE_BYTES) starts.push(at);
  return { bytes: starts.map((start, index) => file.subarray(start, starts[index + 1])), fileBytes: file.length };
}
