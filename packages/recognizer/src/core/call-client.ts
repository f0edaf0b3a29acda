/** Calls to a worker thread or a process, and their answers. */
import { type Answer, type Call, revived } from "./calls.js";

/** Where calls are served: a thread or a process. */
export interface Host {
  /** Of a process of its own, while it runs. */
  readonly pid?: number | undefined;
  /** What is not transferred is copied before this returns. */
  post(call: Call, transfer: readonly ArrayBuffer[]): void;
  /** Keeps the caller's process alive, as a host does that has work. */
  ref(): void;
  unref(): void;
  /** Ends it at once, whatever it is at; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface HostEvents {
  /** @returns whether the memory of the answer's arrays may be used again */
  onAnswer(answer: Answer): boolean;
  /** It ended by itself, or could not begin. May be called twice. */
  onEnd(error: unknown): void;
}

/** Starts a host, which does not keep the caller's process alive. */
export type StartHost = (events: HostEvents) => Host;

interface PendingCall {
  readonly take: ((result: never) => unknown) | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread or process that serves calls. An idle one lets the caller's process end. One that dies (its memory is spent,
 * say) takes the calls that were under way with it; the next call starts another, so that a server does not go on with a
 * dead one.
 */
export class CallClient {
  readonly #startHost: StartHost;
  readonly #pending = new Map<number, PendingCall>();
  #host: Host | undefined;
  #nextId = 0;
  #closed: { readonly reason: unknown } | undefined;

  constructor(startHost: StartHost) {
    this.#startHost = startHost;
    this.#host = this.#start();
  }

  /** Calls that have not been answered. */
  get numPending(): number {
    return this.#pending.size;
  }

  /** The host's process; undefined where it is none, or has not begun. */
  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** @param transfer memory that a thread takes over instead of copying it */
  call<R>(method: string, args: readonly unknown[], transfer: readonly ArrayBuffer[] = []): Promise<R> {
    return this.#call(method, args, transfer, undefined);
  }

  /**
   * As `call`, without a copy of its own of a large result.
   *
   * @param take makes what is needed of a result whose arrays are gone when it returns
   */
  callTaking<R, T>(method: string, args: readonly unknown[], take: (result: R) => T): Promise<T> {
    return this.#call(method, args, [], take);
  }

  #call<R>(
    method: string,
    args: readonly unknown[],
    transfer: readonly ArrayBuffer[],
    take: PendingCall["take"],
  ): Promise<R> {
    if (this.#closed) return Promise.reject(this.#closed.reason);
    this.#host ??= this.#start();
    const host = this.#host;
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      this.#pending.set(id, { take, resolve, reject });
      host.ref();
      host.post({ id, method, args }, transfer);
    });
  }

  /** Stops the host at once; calls that are under way, and later ones, are rejected with `reason`. */
  async close(reason: unknown): Promise<void> {
    const host = this.#host;
    this.#host = undefined;
    this.#closed ??= { reason };
    this.#rejectAll(this.#closed.reason);
    await host?.stop();
  }

  #start(): Host {
    const host: Host = this.#startHost({
      onAnswer: (answer) => this.#take(answer),
      onEnd: (error) => this.#lose(host, error),
    });
    return host;
  }

  /** An error is followed by the exit, when another host may have begun. */
  #lose(host: Host, error: unknown): void {
    if (this.#host !== host) return;
    this.#host = undefined;
    this.#rejectAll(error);
  }

  #take(answer: Answer): boolean {
    const pending = this.#pending.get(answer.id);
    if (!pending) return true;
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#host?.unref();
    if (!("result" in answer)) {
      pending.reject(revived(answer));
      return false;
    }
    try {
      const result = answer.result as never;
      pending.resolve((pending.take ? pending.take(result) : result) as never);
    } catch (error) {
      pending.reject(error);
    }
    return pending.take !== undefined;
  }

  #rejectAll(reason: unknown): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}
