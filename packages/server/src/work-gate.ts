/**
 * How much is worked on at a time. Without a bound, a crowd of requests would share memory and processor until none
 * ended in time; so some work, some wait, and the rest are told at once when to come again.
 */
import { formatPlural } from "@deepspeech-ts/speech";
import { ApiError } from "./api-error.js";

/** How fast the estimate of a piece of work's duration follows what is seen. */
const ESTIMATE_SHARE = 0.1;
const LONGEST_RETRY_SECONDS = 60;

interface Waiter {
  readonly start: () => void;
}

export class WorkGate {
  readonly #maxConcurrent: number;
  readonly #maxQueued: number;
  #waiting: Waiter[] = [];
  #numRunning = 0;
  /** What a piece of work takes, in seconds, as far as is known. */
  #typicalSeconds = 1;

  constructor({ maxConcurrent, maxQueued }: { maxConcurrent: number; maxQueued: number }) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxQueued = maxQueued;
  }

  get numRunning(): number {
    return this.#numRunning;
  }

  get numWaiting(): number {
    return this.#waiting.length;
  }

  /** @throws ApiError 429 where `enter` would throw it now */
  checkRoom(): void {
    if (this.#numRunning < this.#maxConcurrent || this.#waiting.length < this.#maxQueued) return;
    const seconds = Math.ceil((this.#typicalSeconds * (this.#waiting.length + 1)) / this.#maxConcurrent);
    const retryAfterSeconds = Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds));
    const load = `${formatPlural(this.#numRunning, "recording")} at work, ${this.#waiting.length} waiting`;
    throw new ApiError(429, `The server is busy: ${load}. Try again in ${retryAfterSeconds} s.`, {
      code: "server_busy",
      retryAfterSeconds,
    });
  }

  /**
   * Resolves when it is the caller's turn; who waits longest goes first. Dispose the place when done.
   *
   * @throws ApiError 429 where too many wait already; the signal's reason when it is aborted
   */
  async enter(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    this.checkRoom();
    if (this.#numRunning >= this.#maxConcurrent) await this.#turn(signal);
    else this.#numRunning += 1;
    return this.#place();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      const start = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const waiter = { start };
      this.#waiting.push(waiter);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #place(): Disposable {
    const started = performance.now();
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        const seconds = (performance.now() - started) / 1000;
        this.#typicalSeconds += ESTIMATE_SHARE * (seconds - this.#typicalSeconds);
        const next = this.#waiting.shift();
        // The place passes on as it is, so that nobody who comes now is faster.
        if (next) next.start();
        else this.#numRunning -= 1;
      },
    };
  }
}
