/**
 * Signs of life. A rank that computes or waits is blocked, so a thread of its own (heartbeat-worker.ts) tells the store
 * every second how far the rank is, and notes when the others were last heard. It is asked when a collective operation fails.
 */
import { Worker } from "node:worker_threads";
import type { Place } from "./place.js";

export interface HeartbeatData {
  place: Place;
  /** Begins the store's keys. */
  prefix: string;
  /** One Int32: not 0 once the thread is to end. */
  end: SharedArrayBuffer;
  /** Float64: own step; for each rank, when it was last heard (ms, 0 for never), and its step then. */
  state: SharedArrayBuffer;
}

/** What is known of a rank. */
export interface Sign {
  rank: number;
  /** Infinity where it was never heard. */
  silentSeconds: number;
  step: number;
}

/** A clock that all threads of a process share, in ms. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

export class Heartbeat implements Disposable {
  readonly #place: Place;
  readonly #end = new Int32Array(new SharedArrayBuffer(4));
  readonly #state: Float64Array;
  readonly #worker: Worker;

  private constructor(place: Place, prefix: string) {
    this.#place = place;
    const state = new SharedArrayBuffer(8 * (1 + 2 * place.size));
    this.#state = new Float64Array(state);
    const workerData: HeartbeatData = { place, prefix, end: this.#end.buffer as SharedArrayBuffer, state };
    this.#worker = new Worker(new URL("./heartbeat-worker.js", import.meta.url), { workerData });
    // Without signs of life an error names no rank; it is no error of its own.
    this.#worker.on("error", () => {});
    this.#worker.unref();
  }

  /** Returns once the first sign was given, or when none can be. */
  static async begin(place: Place, prefix: string): Promise<Heartbeat> {
    const heartbeat = new Heartbeat(place, prefix);
    await new Promise((resolve) => heartbeat.#worker.once("message", resolve).once("exit", resolve));
    return heartbeat;
  }

  set step(step: number) {
    this.#state[0] = step;
  }

  /** Of all other ranks, the one that was silent for longest first. */
  signs(): Sign[] {
    const others = Array.from({ length: this.#place.size }, (_, rank) => rank).filter((r) => r !== this.#place.rank);
    const sign = (rank: number): Sign => {
      const [heard = 0, step = 0] = this.#state.subarray(1 + 2 * rank, 3 + 2 * rank);
      return { rank, silentSeconds: heard === 0 ? Number.POSITIVE_INFINITY : (now() - heard) / 1000, step };
    };
    return others.map(sign).sort((a, b) => b.silentSeconds - a.silentSeconds);
  }

  [Symbol.dispose](): void {
    Atomics.store(this.#end, 0, 1);
    Atomics.notify(this.#end, 0);
  }
}
