/**
 * Dynamic batching: requests that wait at the same time share a run of the model, which costs less than one run each.
 * Lengths travel with a batch and the graph masks what is padding, so that sharing changes no result; see the batch
 * invariance promise in docs/recognizer.md.
 *
 * The oldest request always goes next, so none can starve. Others join it if they are of similar length, the most
 * similar first, since padding is computed too.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import type { Cancellation } from "./cancellation.js";

export interface BatchQueueOptions {
  /** The most seconds of sound in a batch, padding included; a longer request goes alone. */
  readonly maxBatchSeconds: number;
  /** How long a free runner waits for company to the first request, where company is expected. */
  readonly maxWaitMilliseconds: number;
  /** Whether more requests are on their way than wait here. Without it they always are. */
  readonly expectsCompany?: ((numWaiting: number) => boolean) | undefined;
  /** Batches that may run at the same time. */
  readonly numRunners: number;
  readonly sampleRate: number;
}

/** Runs the model once over waveforms; one result each, in order. */
export type RunBatch = (waveforms: readonly Float32Array<ArrayBuffer>[]) => Promise<Emissions[]>;

/** The longest waveform of a batch has at most so many times the samples of the shortest. */
const MOST_LENGTH_RATIO = 1.5;

interface Request {
  readonly samples: Float32Array<ArrayBuffer>;
  readonly resolve: (emissions: Emissions) => void;
  readonly reject: (error: unknown) => void;
}

export class BatchQueue {
  readonly #run: RunBatch;
  readonly #options: BatchQueueOptions;
  /** Oldest first. */
  #waiting: Request[] = [];
  #numRunning = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(run: RunBatch, options: BatchQueueOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Requests that wait for a runner. */
  get numWaiting(): number {
    return this.#waiting.length;
  }

  /**
   * Rejects with the reason as soon as it is cancelled. A request that has not started then leaves the queue; requests
   * that share a batch with one that has are not touched.
   */
  submit(samples: Float32Array<ArrayBuffer>, cancellation: Cancellation): Promise<Emissions> {
    let request: Request | undefined;
    const result = new Promise<Emissions>((resolve, reject) => {
      request = { samples, resolve, reject };
      this.#waiting.push(request);
    });
    const release = cancellation.onCancel((reason) => {
      this.#waiting = this.#waiting.filter((other) => other !== request);
      request?.reject(reason);
    });
    this.#schedule();
    return result.finally(release);
  }

  #schedule(): void {
    if (this.#numRunning >= this.#options.numRunners || this.#waiting.length === 0) return;
    const { maxBatchSeconds, maxWaitMilliseconds, expectsCompany } = this.#options;
    const isWorthWaiting = maxWaitMilliseconds > 0 && (expectsCompany?.(this.#waiting.length) ?? true);
    if (!isWorthWaiting || this.#waitingSeconds() >= maxBatchSeconds) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), maxWaitMilliseconds);
  }

  #waitingSeconds(): number {
    return this.#waiting.reduce((sum, { samples }) => sum + samples.length, 0) / this.#options.sampleRate;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#numRunning += 1;
    void this.#serve(batch).finally(() => {
      this.#numRunning -= 1;
      // Whoever waited while the model ran has waited enough.
      if (this.#waiting.length > 0) this.#start();
    });
    if (this.#numRunning < this.#options.numRunners) this.#schedule();
  }

  async #serve(batch: readonly Request[]): Promise<void> {
    try {
      const results = await this.#run(batch.map(({ samples }) => samples));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Emissions);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** The oldest request and those that go well with it. */
  #takeBatch(): Request[] {
    const [oldest] = this.#waiting;
    if (!oldest) return [];
    const target = oldest.samples.length;
    const unlikeness = ({ samples }: Request) => Math.abs(Math.log(samples.length / target));
    const batch = [oldest];
    const range = { shortest: target, longest: target };
    const others = this.#waiting.slice(1).sort((a, b) => unlikeness(a) - unlikeness(b));
    for (const other of others) {
      const shortest = Math.min(range.shortest, other.samples.length);
      const longest = Math.max(range.longest, other.samples.length);
      if (longest > MOST_LENGTH_RATIO * shortest || !this.#fits(longest, batch.length + 1)) continue;
      Object.assign(range, { shortest, longest });
      batch.push(other);
    }
    this.#waiting = this.#waiting.filter((request) => !batch.includes(request));
    return batch;
  }

  #fits(longest: number, size: number): boolean {
    return (longest * size) / this.#options.sampleRate <= this.#options.maxBatchSeconds;
  }
}
