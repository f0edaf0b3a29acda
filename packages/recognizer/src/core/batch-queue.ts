/**
 * Dynamic batching: requests that wait at the same time share a run of the model, which costs less than one run each.
 * Lengths travel with a batch and the graph masks what is padding, so that sharing changes no result; see the batch
 * invariance promise in docs/recognizer.md.
 *
 * The oldest request always goes next, so none can starve. Others join it if they are of similar length, the most
 * similar first, since padding is computed too.
 */
import type { Emissions } from "@deepspeech-ts/speech";
import { type Cancellation, MOST_MILLISECONDS } from "./cancellation.js";

export interface BatchQueueOptions {
  /** The most seconds of sound in a batch, padding included; a longer request goes alone. */
  readonly maxBatchSeconds: number;
  /** How long a request waits for company, where company is expected, if it does not say so itself. */
  readonly maxWaitMilliseconds: number;
  /** Whether more requests are on their way than wait here. Without it they always are. */
  readonly expectsCompany?: ((numWaiting: number) => boolean) | undefined;
  /** Batches that may run at the same time. */
  readonly numRunners: number;
  readonly sampleRate: number;
  /** The longest of a batch has at most so many times the samples of the shortest. Default 1.5. */
  readonly mostLengthRatio?: number;
}

/** Runs the model once over a batch, such as waveforms; one result each, in order. */
export type RunBatch<Input, Output> = (batch: readonly Input[]) => Promise<Output[]>;

const MOST_LENGTH_RATIO = 1.5;

/** What is batched has a number of samples. */
interface Sized {
  readonly length: number;
}

interface Request<Input, Output> {
  readonly input: Input;
  /** Whether it has waited enough. */
  isDue: boolean;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

export class BatchQueue<Input extends Sized = Float32Array<ArrayBuffer>, Output = Emissions> {
  readonly #run: RunBatch<Input, Output>;
  readonly #options: BatchQueueOptions;
  /** Oldest first. */
  #waiting: Request<Input, Output>[] = [];
  #numRunning = 0;

  constructor(run: RunBatch<Input, Output>, options: BatchQueueOptions) {
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
   *
   * @param maxWaitMilliseconds instead of the options'
   */
  submit(
    input: Input,
    cancellation: Cancellation,
    maxWaitMilliseconds = this.#options.maxWaitMilliseconds,
  ): Promise<Output> {
    const { promise, ...settle } = withResolvers<Output>();
    const request = { input, isDue: maxWaitMilliseconds <= 0, ...settle };
    this.#waiting.push(request);
    const wait = Math.min(maxWaitMilliseconds, MOST_MILLISECONDS);
    const timer = request.isDue ? undefined : setTimeout(() => this.#hurry(request), wait);
    const release = cancellation.onCancel((reason) => {
      this.#waiting = this.#waiting.filter((other) => other !== request);
      request.reject(reason);
    });
    this.#schedule();
    return promise.finally(() => {
      clearTimeout(timer);
      release();
    });
  }

  #hurry(request: Request<Input, Output>): void {
    request.isDue = true;
    this.#schedule();
  }

  /** Starts what has waited enough, as far as there are runners. */
  #schedule(): void {
    while (this.#numRunning < this.#options.numRunners && this.#waiting.length > 0 && !this.#isWorthWaiting())
      this.#start();
  }

  #isWorthWaiting(): boolean {
    const { maxBatchSeconds, expectsCompany } = this.#options;
    if (this.#waiting.some(({ isDue }) => isDue) || this.#waitingSeconds() >= maxBatchSeconds) return false;
    return expectsCompany?.(this.#waiting.length) ?? true;
  }

  #waitingSeconds(): number {
    return this.#waiting.reduce((sum, { input }) => sum + input.length, 0) / this.#options.sampleRate;
  }

  #start(): void {
    this.#numRunning += 1;
    void this.#serve(this.#takeBatch()).finally(() => {
      this.#numRunning -= 1;
      this.#schedule();
    });
  }

  async #serve(batch: readonly Request<Input, Output>[]): Promise<void> {
    try {
      const results = await this.#run(batch.map(({ input }) => input));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Output);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** The oldest request and those that go well with it. */
  #takeBatch(): Request<Input, Output>[] {
    const oldest = this.#waiting[0]!;
    const { mostLengthRatio = MOST_LENGTH_RATIO } = this.#options;
    const target = oldest.input.length;
    const unlikeness = ({ input }: Request<Input, Output>) => Math.abs(Math.log(input.length / target));
    const batch = [oldest];
    const range = { shortest: target, longest: target };
    const others = this.#waiting.slice(1).sort((a, b) => unlikeness(a) - unlikeness(b));
    for (const other of others) {
      const shortest = Math.min(range.shortest, other.input.length);
      const longest = Math.max(range.longest, other.input.length);
      if (longest > mostLengthRatio * shortest || !this.#fits(longest, batch.length + 1)) continue;
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

/** As `Promise.withResolvers` of newer engines. */
function withResolvers<T>() {
  let settle: Pick<Request<never, T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle! };
}
