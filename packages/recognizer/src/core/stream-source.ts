/** Whatever a live stream brings, as samples of one channel at the model's rate. */
import { decodeChunks } from "../audio/decode.js";
import { joinBytes } from "../audio/join-arrays.js";
import { Mixer } from "../audio/mix-down.js";
import { Resampler } from "../audio/resample.js";
import { RecognizerError } from "../errors.js";
import { type Cancellation, cancellable } from "./cancellation.js";
import type { StreamInput, StreamOptions } from "./stream-options.js";

/** A file's headers are in its first bytes; so many are collected before decoding begins. */
const HEAD_BYTES = 4096;

/** Ends the source's iterator when it is cancelled, too. */
export async function* streamSamples(
  source: StreamInput,
  options: StreamOptions,
  { sampleRate, cancellation }: { sampleRate: number; cancellation: Cancellation },
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const pieces = untilCancelled(source, cancellation);
  if (options.encoding === "file") {
    yield* fileSamples(pieces, options.fileName ?? "the stream", sampleRate);
    return;
  }
  const inputRate = options.sampleRate ?? sampleRate;
  yield* resampled(rawSamples(pieces), inputRate, sampleRate);
}

async function* untilCancelled(
  source: StreamInput,
  cancellation: Cancellation,
): AsyncGenerator<Float32Array | Uint8Array, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isDone = false;
  try {
    while (!isDone) {
      const next = await cancellable(Promise.resolve(iterator.next()), cancellation);
      isDone = next.done === true;
      if (!next.done) yield next.value;
    }
  } finally {
    // Not awaited: a source that waits for its next piece would answer only when that comes.
    if (!isDone) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

async function* rawSamples(
  pieces: AsyncIterable<Float32Array | Uint8Array>,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  let half: Uint8Array = new Uint8Array();
  for await (const piece of pieces) {
    if (piece instanceof Float32Array) {
      yield Float32Array.from(piece);
      continue;
    }
    const bytes = half.length === 0 ? piece : joinBytes([half, piece]);
    const numSamples = bytes.length >> 1;
    half = bytes.slice(2 * numSamples);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    yield Float32Array.from({ length: numSamples }, (_, i) => view.getInt16(2 * i, true) / 32_768);
  }
}

async function* fileSamples(
  pieces: AsyncIterable<Float32Array | Uint8Array>,
  fileName: string,
  sampleRate: number,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const options = { fileName, fileBytes: Number.POSITIVE_INFINITY, targetSampleRate: sampleRate };
  const mixer = new Mixer();
  let resampler: Resampler | undefined;
  for await (const audio of decodeChunks(withWholeHead(bytesOnly(pieces)), options)) {
    resampler ??= new Resampler(audio.sampleRate, sampleRate);
    yield resampler.push(mixer.push(audio.channels));
  }
  if (!resampler) return;
  yield resampler.push(mixer.end());
  yield resampler.end();
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

async function* resampled(
  pieces: AsyncIterable<Float32Array<ArrayBuffer>>,
  fromRate: number,
  toRate: number,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  if (fromRate === toRate) {
    yield* pieces;
    return;
  }
  const resampler = new Resampler(fromRate, toRate);
  for await (const piece of pieces) yield resampler.push(piece);
  yield resampler.end();
}
