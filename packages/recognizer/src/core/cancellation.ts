/**
 * Requests that can be given up: by their caller, by the clock, or because the recogniser closes. An AbortSignal is
 * what callers give; inside, a plain list of listeners serves hundreds of requests and is free of Node's warning that
 * so many must be a leak.
 */
import { RecognizerError } from "../errors.js";
import type { RequestOptions } from "./options.js";

/** Timers go no further, and fire at once where they are asked to; 24 days are as good as never. */
export const MOST_MILLISECONDS = 2 ** 31 - 1;

/** Something that may be called off, once. */
export class Cancellation {
  readonly #listeners = new Set<(reason: unknown) => void>();
  #cancelled: { readonly reason: unknown } | undefined;

  throwIfCancelled(): void {
    if (this.#cancelled) throw this.#cancelled.reason;
  }

  /** The first reason counts. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = { reason };
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  /** Calls `listener` when this is cancelled, at once if it has been. Returns what makes it forget the listener. */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.#cancelled) listener(this.#cancelled.reason);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** One for each signal in use: a caller may give the same signal to any number of requests. */
const ofSignals = new WeakMap<AbortSignal, Cancellation>();

function cancellationOf(signal: AbortSignal): Cancellation {
  const known = ofSignals.get(signal);
  if (known) return known;
  const cancellation = new Cancellation();
  ofSignals.set(signal, cancellation);
  if (signal.aborted) cancellation.cancel(signal.reason);
  else signal.addEventListener("abort", () => cancellation.cancel(signal.reason), { once: true });
  return cancellation;
}

/** All reasons to give one request up. Released when the request is over. */
export class RequestCancellation extends Cancellation {
  readonly #reasons: (() => void)[] = [];

  /** @param closing is cancelled when the recogniser closes */
  constructor({ signal, timeoutSeconds }: RequestOptions, closing: Cancellation) {
    super();
    const follow = (reason: unknown) => this.cancel(reason);
    this.#reasons.push(closing.onCancel(follow));
    if (signal) this.#reasons.push(cancellationOf(signal).onCancel(follow));
    if (timeoutSeconds === undefined) return;
    const error = new RecognizerError("timeout", `the request did not end within ${timeoutSeconds} s`);
    const timer = setTimeout(follow, Math.min(timeoutSeconds * 1000, MOST_MILLISECONDS), error);
    this.#reasons.push(() => clearTimeout(timer));
  }

  release(): void {
    for (const forget of this.#reasons) forget();
  }
}

/** The promise's outcome, or the reason of a cancellation that comes first. */
export function cancellable<T>(promise: Promise<T>, cancellation: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = cancellation.onCancel(reject);
    promise.then(resolve, reject).finally(release);
  });
}
