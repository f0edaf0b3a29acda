/**
 * Whatever callers hand over as sound, brought to a path, a file's bytes or samples. What cannot be sound is refused with
 * `bad-argument`: taken for sound of no length or of wild samples, it would give an empty text without a word.
 */
import { LOUDEST_SAMPLE } from "../audio/decoded-audio.js";
import { joinBytes } from "../audio/join-arrays.js";
import { RecognizerError } from "../errors.js";
import { type Cancellation, cancellable } from "./cancellation.js";
import { isReadable, piecesOf, type Readable } from "./readable.js";

/** The bytes of a sound file, all or some of them. */
export type AudioBytes = Uint8Array | ArrayBufferLike | DataView;
/** Samples of one channel: from -1 to 1, or of 16 bits. */
export type AudioSamples = Float32Array | Float64Array | Int16Array;

/** A sound file by its path or `file:` URL, by its bytes or what brings them, or raw samples of one channel. */
export type AudioInput =
  | string
  | URL
  | AudioBytes
  | Blob
  | AsyncIterable<AudioBytes>
  | Iterable<AudioBytes>
  | AudioSamples;

/** A path, or memory that nobody else has. */
export type ResolvedAudio = string | Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

const TAKEN =
  "a path, a file: URL, the bytes of a sound file (Uint8Array, ArrayBuffer, DataView, Blob or a stream of bytes), or the " +
  "samples of one channel (Float32Array from -1 to 1, Int16Array)";

/**
 * Takes the sound before it returns: its memory is the caller's again at once.
 *
 * @param pathOf the path that a `file:` URL names
 * @throws RecognizerError `bad-argument`; or whatever a stream of bytes ends with
 */
export async function resolveAudio(
  input: unknown,
  pathOf: (url: URL) => string,
  cancellation: Cancellation,
): Promise<ResolvedAudio> {
  if (typeof input === "string" || input instanceof URL) return resolvePath(input, pathOf);
  const samples = samplesOf(input);
  if (samples) return samples === input ? new Float32Array(samples) : (samples as Float32Array<ArrayBuffer>);
  // `slice` of a Buffer would give the same memory.
  const bytes = bytesOf(input);
  if (bytes) return new Uint8Array(bytes);
  if (ArrayBuffer.isView(input)) throw refusal(input);
  if (input instanceof Blob) return new Uint8Array(await cancellable(input.arrayBuffer(), cancellation));
  if (isSource(input)) return collect(input, cancellation);
  throw refusal(input);
}

function resolvePath(input: string | URL, pathOf: (url: URL) => string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(String(input))?.[1]?.toLowerCase() ?? (input as URL).protocol;
  if (typeof input === "string" && scheme === undefined) {
    if (input === "" || input.includes("\0")) throw badInput(`${JSON.stringify(input)} is no path; give ${TAKEN}`);
    return input;
  }
  if (scheme !== "file") throw badInput(`${input} is no file: URL; fetch it, and give its bytes`);
  try {
    return pathOf(new URL(input));
  } catch (error) {
    throw new RecognizerError("bad-argument", `${input} names no file; give its path`, { cause: error });
  }
}

/** Samples as floating-point numbers, checked; undefined for what is none. */
export function samplesOf(input: unknown): Float32Array | undefined {
  if (input instanceof Int16Array) return scaled(input);
  if (!(input instanceof Float32Array || input instanceof Float64Array)) return undefined;
  checkSamples(input);
  return input instanceof Float32Array ? input : Float32Array.from(input);
}

/** A loop: `Float32Array.from` calls back for each sample, which takes 30 times as long. */
function scaled(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) floats[i] = (samples[i] as number) / 32_768;
  return floats;
}

/** A view of bytes; undefined for what is none. */
export function bytesOf(input: unknown): Uint8Array | undefined {
  if (input instanceof Uint8Array) return input;
  if (input instanceof DataView) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const isShared = typeof SharedArrayBuffer !== "undefined" && input instanceof SharedArrayBuffer;
  return input instanceof ArrayBuffer || isShared ? new Uint8Array(input as ArrayBuffer) : undefined;
}

function checkSamples(samples: Float32Array | Float64Array): void {
  let [loudest, isWhole] = [0, true];
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] as number;
    // Also true of NaN.
    if (!(Math.abs(sample) < Number.POSITIVE_INFINITY)) {
      throw badInput(`sample ${i} is ${sample}, expected a number from -1 to 1`);
    }
    if (Math.abs(sample) > loudest) loudest = Math.abs(sample);
    if (isWhole && !Number.isInteger(sample)) isWhole = false;
  }
  if (loudest <= 1 || (loudest <= LOUDEST_SAMPLE && !isWhole)) return;
  const remedy = "divide samples of 16 bits by 32768, or give them as an Int16Array";
  throw badInput(`the samples reach ${loudest}, expected numbers from -1 to 1; ${remedy}`);
}

/** A stream's bytes, all of them. */
async function collect(source: Source<unknown>, cancellation: Cancellation) {
  const pieces: Uint8Array[] = [];
  for await (const piece of untilCancelled(source, cancellation)) {
    const bytes = bytesOf(piece);
    if (!bytes) throw badInput(`the source brings ${describe(piece)}, expected bytes; give samples to stream()`);
    // A source may use the memory of one piece for the next.
    pieces.push(new Uint8Array(bytes));
  }
  return joinBytes(pieces);
}

type Source<T> = AsyncIterable<T> | Iterable<T> | Readable<T>;

/** The source's pieces; its iterator is ended when it is cancelled, too. */
export async function* untilCancelled<T>(
  source: Source<T>,
  cancellation: Cancellation,
): AsyncGenerator<T, void, undefined> {
  const iterator = iteratorOf(source);
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

function iteratorOf<T>(source: Source<T>): AsyncIterator<T> | Iterator<T> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  return Symbol.iterator in source ? source[Symbol.iterator]() : piecesOf(source)[Symbol.asyncIterator]();
}

export function isSource(input: unknown): input is Source<unknown> {
  if (typeof input !== "object" || input === null) return false;
  return Symbol.asyncIterator in input || Symbol.iterator in input || isReadable(input);
}

function refusal(input: unknown): RecognizerError {
  return badInput(`the sound is ${describe(input)}; give ${TAKEN}`);
}

export function badInput(message: string): RecognizerError {
  return new RecognizerError("bad-argument", message);
}

/** "undefined", "a Promise", "an Int8Array", "a number". */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const name = typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
  return `${/^[AEIOaeio]/.test(name) ? "an" : "a"} ${name}`;
}
