/** Calls between threads: a method's name and arguments go over, its result or its error comes back. */
import { type MessagePort, parentPort, type TransferListItem, Worker } from "node:worker_threads";
import { SpeechError } from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

type Answer =
  | { readonly id: number; readonly result: unknown }
  /** Errors for people lose their class on the way, and are given it again. */
  | { readonly id: number; readonly kind: "RecognizerError" | "SpeechError"; readonly code: string; message: string }
  | { readonly id: number; readonly kind: "defect"; readonly error: unknown };

interface PendingCall {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The message that ends a worker in order. */
const STOP = "stop";

/**
 * A worker thread that serves calls. An idle one lets the process end. One that dies (its memory is spent, say) takes the
 * calls that were under way with it; the next call starts another, so that a server does not go on with a dead thread.
 */
export class WorkerClient {
  readonly #script: URL;
  readonly #workerData: unknown;
  readonly #pending = new Map<number, PendingCall>();
  #worker: Worker | undefined;
  #nextId = 0;
  #closed: { readonly reason: unknown } | undefined;

  constructor(script: URL, workerData: unknown) {
    this.#script = script;
    this.#workerData = workerData;
    this.#worker = this.#start();
  }

  /** Calls that have not been answered. */
  get numPending(): number {
    return this.#pending.size;
  }

  call<R>(method: string, args: readonly unknown[], transfer: readonly TransferListItem[] = []): Promise<R> {
    if (this.#closed) return Promise.reject(this.#closed.reason);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, method, args } satisfies Call, transfer);
    });
  }

  /** Stops the thread at once; calls that are under way, and later ones, are rejected with `reason`. */
  async close(reason: unknown): Promise<void> {
    await this.#release(reason)?.terminate();
  }

  /**
   * Like `close`, but the thread first ends the call that it is at: ONNX Runtime takes the whole process with it where
   * its thread is stopped within a run.
   */
  async closeAfterCall(reason: unknown): Promise<void> {
    const worker = this.#release(reason);
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    worker.ref();
    worker.postMessage(STOP);
    await exited;
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#workerData });
    worker.unref();
    worker.on("message", (answer: Answer) => this.#take(answer));
    worker.on("error", (error) => this.#lose(worker, error));
    worker.on("exit", (status) => this.#lose(worker, new Error(`a worker thread stopped with status ${status}`)));
    return worker;
  }

  /** The thread, which no longer is this client's; what is under way and what comes is rejected. */
  #release(reason: unknown): Worker | undefined {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#closed ??= { reason };
    this.#rejectAll(this.#closed.reason);
    return worker;
  }

  /** An error is followed by the exit, when another thread may have begun. */
  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#rejectAll(error);
  }

  #take(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (!pending) return;
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if ("result" in answer) pending.resolve(answer.result as never);
    else pending.reject(revived(answer));
  }

  #rejectAll(reason: unknown): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}

function revived(answer: Exclude<Answer, { result: unknown }>): unknown {
  if (answer.kind === "defect") return answer.error;
  const KnownError = answer.kind === "SpeechError" ? SpeechError : RecognizerError;
  return new KnownError(answer.code as never, answer.message);
}

/** A result, and which of its buffers need not be copied. */
export interface Transferred {
  readonly result: unknown;
  readonly transfer: readonly TransferListItem[];
}

/** The worker's side: answers calls with the methods of `handlers`. */
export function serveCalls(handlers: Readonly<Record<string, (...args: never[]) => Promise<Transferred>>>): void {
  if (!parentPort) throw new Error("serveCalls must run in a worker thread");
  const port: MessagePort = parentPort;
  port.on("message", async (message: Call | typeof STOP) => {
    if (message === STOP) {
      port.close();
      return;
    }
    const { id, method, args } = message;
    try {
      const handler = handlers[method] as (...args: unknown[]) => Promise<Transferred>;
      const { result, transfer } = await handler(...args);
      port.postMessage({ id, result } satisfies Answer, transfer);
    } catch (error) {
      port.postMessage(failureOf(id, error));
    }
  });
}

function failureOf(id: number, error: unknown): Answer {
  if (error instanceof RecognizerError) {
    return { id, kind: "RecognizerError", code: error.code, message: error.message };
  }
  if (error instanceof SpeechError) return { id, kind: "SpeechError", code: error.code, message: error.message };
  return { id, kind: "defect", error };
}
