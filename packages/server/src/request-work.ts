/** One request's work, and all that may call it off: its client goes away, its time is up, or the server stops. */
import type { FastifyReply } from "fastify";
import { ApiError } from "./api-error.js";
import type { Lifecycle } from "./lifecycle.js";

export class RequestWork implements Disposable {
  readonly #controller: AbortController & Disposable;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(lifecycle: Lifecycle, { raw }: FastifyReply) {
    this.#controller = lifecycle.begin();
    raw.once("close", () => {
      if (!raw.writableFinished) this.#controller.abort(clientGone());
    });
  }

  /** Aborted with the error that the client is to be answered. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on the work must end within so many seconds. */
  startClock(seconds: number): void {
    const message = `The recording was not processed within ${seconds} s; send it in parts, or when less is going on.`;
    this.#timer = setTimeout(
      () => this.#controller.abort(new ApiError(504, message, { code: "timeout" })),
      1000 * seconds,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#controller[Symbol.dispose]();
  }
}

/** What nobody reads: 499, as nginx calls it, in logs and metrics. */
export function clientGone(): ApiError {
  return new ApiError(499, "The client went away.", { code: "client_closed_request" });
}
