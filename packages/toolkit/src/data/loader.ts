/**
 * Batches of sound for training and evaluation, decoded ahead of need in worker threads.
 *
 * Decoding runs at several hundred times real time a core, and a graphics card trains faster than that; small corpora
 * are therefore kept decoded in memory. A file that cannot be decoded does not stop the loader: the batch goes on
 * without it and says so, and the trainer decides how many such files are too many.
 */
import { availableParallelism } from "node:os";
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { PlannedUtterance } from "./batches.js";
import type { LoadRequest, LoadResponse } from "./loader-worker.js";
import type { LeftOutUtterance } from "./prepare.js";
import { isStatedWrongly } from "./stated-duration.js";
import { MODEL_SAMPLE_RATE, type Utterance } from "./types.js";
import { WaveformCache } from "./waveform-cache.js";
import { WorkerPool } from "./worker-pool.js";

/** How sound is decoded ahead. */
export interface AudioLoaderOptions {
  /** Samples a second of every waveform. Default 16000. */
  sampleRate?: number;
  /** Worker threads. Default: one fewer than there are cores, and from 1 to 8. */
  numWorkers?: number;
  /** Batches decoded ahead of the one that is asked for. Default 2. */
  prefetchBatches?: number;
  /** Memory for decoded waveforms, which are kept until it is full; an hour takes 230 MB. Default 0. */
  cacheBytes?: number;
}

/** One batch of waveforms, with the utterances that they belong to. */
export interface Batch<U extends Utterance = Utterance> {
  /** Those that could be loaded, in planned order; empty when none could. */
  readonly utterances: U[];
  /** The speed at which each is played. */
  readonly speedFactors: number[];
  /** [utterances, maxSamples], each row filled up with zeros. */
  readonly waveforms: Float32Array<ArrayBuffer>;
  readonly maxSamples: number;
  /** Samples of each utterance. */
  readonly sampleLengths: number[];
  /** Those that could not be loaded. */
  readonly failures: LeftOutUtterance[];
  /**
   * Those that are played without the noise or the room that was planned, for its file cannot be used: once for each.
   * Default: none.
   */
  readonly unaugmented?: LeftOutUtterance[];
}

interface LoadedUtterance<U extends Utterance> {
  readonly planned: PlannedUtterance<U>;
  readonly loaded: LoadResponse;
}

/**
 * Loads planned batches. Close it when done, or declare it with `await using`.
 *
 *     await using loader = new AudioLoader({ cacheBytes: 1e9 });
 *     for await (const batch of loader.batches(planBatches(utterances, options))) train(batch);
 */
export class AudioLoader implements AsyncDisposable {
  readonly #pool: WorkerPool<LoadRequest, LoadResponse>;
  /** Threads read it as it is: a clone for each utterance would keep V8's collector busy. */
  readonly #cache: WaveformCache<SharedArrayBuffer>;
  readonly #sampleRate: number;
  readonly #prefetchBatches: number;

  constructor(options: AudioLoaderOptions = {}) {
    const defaultWorkers = Math.max(1, Math.min(8, availableParallelism() - 1));
    const {
      sampleRate = MODEL_SAMPLE_RATE,
      numWorkers = defaultWorkers,
      prefetchBatches = 2,
      cacheBytes = 0,
    } = options;
    checkWhole("numWorkers", numWorkers, 1);
    checkWhole("prefetchBatches", prefetchBatches, 0);
    this.#sampleRate = sampleRate;
    this.#prefetchBatches = prefetchBatches;
    this.#cache = new WaveformCache<SharedArrayBuffer>(cacheBytes);
    this.#pool = new WorkerPool(new URL("./loader-worker.js", import.meta.url), numWorkers);
  }

  /**
   * The batches of a plan, in its order. The first ones are asked for at once, so that they load while the caller does
   * something else before it waits for them. Ends early when the caller breaks off; then what is under way is dropped.
   *
   * @throws the signal's reason once it is aborted, and an Error when a worker thread stops.
   */
  batches<U extends Utterance = Utterance>(
    plan: { readonly batches: readonly (readonly PlannedUtterance<U>[])[] },
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Batch<U>, void, undefined> {
    const pending: Promise<Batch<U>>[] = [];
    let next = 0;
    const loadAhead = () => {
      while (next < plan.batches.length && pending.length <= this.#prefetchBatches) {
        const batch = this.#loadBatch(plan.batches[next++] ?? []);
        // It is awaited later, or never when the caller breaks off; an error in the meantime is no crash.
        batch.catch(() => {});
        pending.push(batch);
      }
    };
    if (!signal?.aborted) loadAhead();
    return inTurn(pending, loadAhead, signal);
  }

  /** Stops the worker threads; a `batches` under way throws. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #loadBatch<U extends Utterance>(planned: readonly PlannedUtterance<U>[]): Promise<Batch<U>> {
    const items = planned.map(async (item) => ({ planned: item, loaded: await this.#loadUtterance(item) }));
    return assembleBatch(await Promise.all(items));
  }

  async #loadUtterance(planned: PlannedUtterance): Promise<LoadResponse> {
    const { utterance, speedFactor, tempoFactor = 1, augmentation } = planned;
    const { audioPath, durationSeconds } = utterance;
    const cached = this.#cache.get(audioPath);
    if (cached && speedFactor === 1 && tempoFactor === 1 && !augmentation) return { samples: cached };
    const expectedBytes = durationSeconds * this.#sampleRate * Float32Array.BYTES_PER_ELEMENT;
    const wantsOriginal = !cached && this.#cache.hasRoomFor(expectedBytes);
    const source = cached ?? audioPath;
    const sampleRate = this.#sampleRate;
    const request = { source, sampleRate, speedFactor, tempoFactor, augmentation, wantsOriginal };
    const loaded = await this.#pool.run(request, durationSeconds);
    if ("reason" in loaded) return loaded;
    if (loaded.original) this.#cache.add(audioPath, loaded.original);
    return checkLength(planned, loaded.samples.length / this.#sampleRate) ?? loaded;
  }
}

/** Plans are made by stated durations; a file that is far longer would break the bound on a batch's memory. */
function checkLength({ utterance, durationSeconds }: PlannedUtterance, seconds: number): LoadResponse | undefined {
  const stated = utterance.durationSeconds;
  // At its own speed, so that no speed decides whether it is refused.
  const actual = seconds * (stated / durationSeconds);
  if (!isStatedWrongly(stated, actual)) return undefined;
  return {
    reason: `${utterance.audioPath}: lasts ${actual.toFixed(2)} s, but its duration is stated as ${stated.toFixed(2)} s; correct it.`,
  };
}

function assembleBatch<U extends Utterance>(items: readonly LoadedUtterance<U>[]): Batch<U> {
  const failures: LeftOutUtterance[] = [];
  const unaugmented: LeftOutUtterance[] = [];
  const loadedItems: { planned: PlannedUtterance<U>; samples: Float32Array }[] = [];
  for (const { planned, loaded } of items) {
    const { utterance } = planned;
    if ("reason" in loaded) failures.push({ utterance, reason: loaded.reason });
    else loadedItems.push({ planned, samples: loaded.samples });
    if ("unaugmented" in loaded) unaugmented.push(...loaded.unaugmented.map((reason) => ({ utterance, reason })));
  }
  const sampleLengths = loadedItems.map(({ samples }) => samples.length);
  const maxSamples = Math.max(0, ...sampleLengths);
  const waveforms = new Float32Array(loadedItems.length * maxSamples);
  for (const [row, { samples }] of loadedItems.entries()) waveforms.set(samples, row * maxSamples);
  return {
    utterances: loadedItems.map(({ planned }) => planned.utterance),
    speedFactors: loadedItems.map(({ planned }) => planned.speedFactor),
    waveforms,
    maxSamples,
    sampleLengths,
    failures,
    ...(unaugmented.length > 0 && { unaugmented }),
  };
}

/** What is pending, one after another; `loadAhead` adds to it before each. */
async function* inTurn<T>(
  pending: Promise<T>[],
  loadAhead: () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    signal?.throwIfAborted();
    loadAhead();
    const first = pending.shift();
    if (!first) return;
    yield await untilAborted(first, signal);
  }
}

/** The promise's value, or the signal's reason if it is aborted first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new UserError(`${name} is ${value}, expected a whole number, ${least} or more.`);
}
