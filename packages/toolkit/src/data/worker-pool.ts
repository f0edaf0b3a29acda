/**
 * Worker threads that answer requests.
 *
 * Requests are posted at once instead of when a worker falls idle: a training step blocks its thread, and workers must
 * go on meanwhile. Whoever asks therefore bounds how much is asked for at a time.
 */
import { Worker } from "node:worker_threads";
import { errorMessage } from "@deepspeech-ts/recognizer/system";

export interface PoolRequest<Q> {
  readonly requestId: number;
  readonly request: Q;
}

export interface PoolResponse<R> {
  readonly requestId: number;
  readonly response: R;
}

interface PendingRequest<R> {
  readonly cost: number;
  readonly resolve: (response: R) => void;
  readonly reject: (error: Error) => void;
}

/** One worker, with the requests that it has not yet answered. */
interface PoolWorker<R> {
  readonly thread: Worker;
  readonly pending: Map<number, PendingRequest<R>>;
  pendingCost: number;
}

export class WorkerPool<Q, R> {
  readonly #script: URL;
  readonly #size: number;
  /** As many as had to be at work at once, and at most `#size`. */
  readonly #workers: PoolWorker<R>[] = [];
  #nextRequestId = 0;
  #failure: Error | undefined;

  /** @param script a module that answers each `PoolRequest` on its `parentPort` with a `PoolResponse`. */
  constructor(script: URL, size: number) {
    this.#script = script;
    this.#size = size;
  }

  /**
   * Sends a request to the worker with the least to do.
   *
   * @param cost how long the request takes, in any unit that all requests of the pool share.
   * @throws Error when a worker stopped, at this request or another, or the pool was closed.
   */
  run(request: Q, cost = 1): Promise<R> {
    if (this.#failure) return Promise.reject(this.#failure);
    const worker = this.#leastBusy();
    const requestId = this.#nextRequestId++;
    return new Promise((resolve, reject) => {
      worker.pending.set(requestId, { cost, resolve, reject });
      worker.pendingCost += cost;
      // An idle pool lets the process end; a busy one holds it.
      worker.thread.ref();
      worker.thread.postMessage({ requestId, request } satisfies PoolRequest<Q>);
    });
  }

  /** Stops the workers; requests under way are rejected. */
  async close(): Promise<void> {
    this.#fail(new Error("The worker pool was closed."));
    await Promise.all(this.#workers.map(({ thread }) => thread.terminate()));
  }

  #leastBusy(): PoolWorker<R> {
    const idle = this.#workers.find(({ pending }) => pending.size === 0);
    if (idle) return idle;
    if (this.#workers.length < this.#size) return this.#start();
    return this.#workers.reduce((least, other) => (other.pendingCost < least.pendingCost ? other : least));
  }

  #start(): PoolWorker<R> {
    const thread = new Worker(this.#script);
    const worker: PoolWorker<R> = { thread, pending: new Map(), pendingCost: 0 };
    thread.unref();
    thread.on("message", (message: PoolResponse<R>) => this.#answer(worker, message));
    thread.on("error", (error) => this.#fail(new Error(`A worker thread stopped: ${errorMessage(error)}`)));
    thread.on("exit", (status) => this.#fail(new Error(`A worker thread stopped with status ${status}.`)));
    this.#workers.push(worker);
    return worker;
  }

  #answer(worker: PoolWorker<R>, { requestId, response }: PoolResponse<R>): void {
    const pending = worker.pending.get(requestId);
    if (!pending) return;
    worker.pending.delete(requestId);
    worker.pendingCost -= pending.cost;
    if (worker.pending.size === 0) worker.thread.unref();
    pending.resolve(response);
  }

  /** The first failure is the one that counts: a closed pool's workers stop too. */
  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    for (const { pending } of this.#workers) {
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    }
  }
}
