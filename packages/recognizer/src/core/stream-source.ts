/** Whatever a live stream brings, as samples of one channel at the model's rate. */
import { decodeChunks } from "../audio/decode.js";
import { fileFormat } from "../audio/format.js";
import { joinBytes } from "../audio/join-arrays.js";
import { resampledPieces, waveformPieces } from "../audio/waveform.js";
import { RecognizerError } from "../errors.js";
import { badInput, bytesOf, describe, isSource, samplesOf, untilCancelled } from "./audio-input.js";
import type { Cancellation } from "./cancellation.js";
import type { StreamInput, StreamOptions } from "./stream-options.js";

/** A file's headers are in its first bytes; so many are collected before decoding begins. */
const HEAD_BYTES = 4096;

/**
 * Ends the source's iterator when it is cancelled, too.
 *
 * @returns pieces that may be the source's own memory, which is its own again when the next one is asked for
 */
export async function* streamSamples(
  source: StreamInput,
  options: StreamOptions,
  { sampleRate, cancellation }: { sampleRate: number; cancellation: Cancellation },
): AsyncGenerator<Float32Array> {
  const pieces = checkedPieces(source, cancellation);
  if (options.encoding === "file") {
    yield* fileSamples(pieces, options.fileName ?? "the stream", sampleRate);
    return;
  }
  const inputRate = options.sampleRate ?? sampleRate;
  const sound = withoutFile(pieces, options.fileName ?? "the stream");
  yield* resampledPieces(rawSamples(sound), inputRate, sampleRate);
}

/** The source's pieces, as bytes or checked samples. */
async function* checkedPieces(
  source: unknown,
  cancellation: Cancellation,
): AsyncGenerator<Float32Array | Uint8Array, void, undefined> {
  const whole = samplesOf(source) ?? bytesOf(source);
  const pieces = whole ? [whole] : source instanceof Blob ? [await source.arrayBuffer()] : source;
  if (ArrayBuffer.isView(pieces) || !isSource(pieces)) {
    throw badInput(
      `the stream is ${describe(source)}, expected a source of samples or bytes, such as a readable stream`,
    );
  }
  for await (const piece of untilCancelled(pieces, cancellation)) {
    const sound = samplesOf(piece) ?? bytesOf(piece);
    if (!sound) throw badInput(`the stream brings ${describe(piece)}, expected samples (Float32Array) or bytes`);
    yield sound;
  }
}

/**
 * The pieces, once their beginning is no sound file's. Played as samples a file is noise, in which no word is found.
 *
 * @throws RecognizerError `bad-argument`
 */
async function* withoutFile(
  pieces: AsyncIterable<Float32Array | Uint8Array>,
  fileName: string,
): AsyncGenerator<Float32Array | Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const piece of pieces) {
    if (head && piece instanceof Uint8Array) {
      head = joinBytes([head, piece]);
      if (head.length < HEAD_BYTES) continue;
      refuseFile(head, fileName);
      yield head;
    } else {
      if (head?.length) yield head;
      yield piece;
    }
    head = undefined;
  }
  if (!head?.length) return;
  refuseFile(head, fileName);
  yield head;
}

function refuseFile(head: Uint8Array, fileName: string): void {
  const format = fileFormat(head);
  if (!format) return;
  const remedy = 'give encoding "file" where a program takes it, or decode it first (ffmpeg -f s16le -ac 1)';
  throw badInput(`${fileName}: is a sound file (${format}), where raw samples of 16 bits were expected; ${remedy}`);
}

async function* rawSamples(pieces: AsyncIterable<Float32Array | Uint8Array>): AsyncGenerator<Float32Array> {
  let half: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    if (piece instanceof Float32Array) {
      yield piece;
      continue;
    }
    const bytes = half.length === 0 ? piece : joinBytes([half, piece]);
    const numSamples = bytes.length >> 1;
    half = bytes.slice(2 * numSamples);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const samples = new Float32Array(numSamples);
    for (let i = 0; i < numSamples; i++) samples[i] = view.getInt16(2 * i, true) / 32_768;
    yield samples;
  }
}

async function* fileSamples(
  pieces: AsyncIterable<Float32Array | Uint8Array>,
  fileName: string,
  sampleRate: number,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const options = { fileName, fileBytes: Number.POSITIVE_INFINITY, targetSampleRate: sampleRate };
  yield* waveformPieces(decodeChunks(withWholeHead(bytesOnly(pieces)), options), sampleRate);
}

async function* bytesOnly(pieces: AsyncIterable<Float32Array | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else
      throw new RecognizerError("bad-argument", 'encoding is "file", but the stream brings samples instead of bytes');
  }
}

async function* withWholeHead(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    if (head.length >= HEAD_BYTES) {
      yield piece;
      continue;
    }
    head = joinBytes([head, piece]);
    if (head.length >= HEAD_BYTES) yield head;
  }
  if (head.length < HEAD_BYTES) yield head;
}
