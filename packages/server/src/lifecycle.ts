/** Where the server stands between its start and its end, and what is under way in it. */
import { ApiError, shuttingDown } from "./api-error.js";

const LOADING_RETRY_SECONDS = 2;

export type Stage =
  /** Listens, but the model is not loaded and tried yet. */
  | "loading"
  | "ready"
  /** Told to stop, but still serves as usual, for whoever has not heard. */
  | "draining"
  /** Finishes what has begun. */
  | "stopping";

export class Lifecycle {
  #stage: Stage = "loading";
  /** What is under way; each can be called off. */
  readonly #work = new Set<AbortController>();
  readonly #whenIdle: (() => void)[] = [];
  readonly #whenStopping = new Set<() => void>();

  get stage(): Stage {
    return this.#stage;
  }

  /** @throws ApiError 503 where no new work is taken */
  checkOpen(): void {
    if (this.#stage === "stopping") throw shuttingDown();
    if (this.#stage !== "loading") return;
    throw new ApiError(503, `The model is being loaded. Try again in ${LOADING_RETRY_SECONDS} s.`, {
      code: "not_ready",
      retryAfterSeconds: LOADING_RETRY_SECONDS,
    });
  }

  /** Loading ends here, unless the end came first. */
  becomeReady(): void {
    if (this.#stage === "loading") this.#stage = "ready";
  }

  /** False where it was never ready: there is nothing to serve meanwhile, and no balancer has sent anybody. */
  startDraining(): boolean {
    if (this.#stage !== "ready") return false;
    this.#stage = "draining";
    return true;
  }

  /** Takes no more work, and tells those who would go on for ever. */
  startStopping(): void {
    this.#stage = "stopping";
    for (const listener of this.#whenStopping) listener();
  }

  /** Calls `listener` when the server begins to stop, at once if it has. Returns what makes it forget the listener. */
  onStopping(listener: () => void): () => void {
    if (this.#stage === "stopping") listener();
    else this.#whenStopping.add(listener);
    return () => this.#whenStopping.delete(listener);
  }

  /** Counts a piece of work as under way until it is disposed. */
  begin(): AbortController & Disposable {
    const controller = new AbortController();
    this.#work.add(controller);
    const end = () => {
      this.#work.delete(controller);
      if (this.#work.size === 0) for (const listener of this.#whenIdle.splice(0)) listener();
    };
    return Object.assign(controller, { [Symbol.dispose]: end });
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#work.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Calls off whatever is under way. */
  abortAll(): void {
    for (const controller of this.#work) controller.abort(shuttingDown());
  }
}
