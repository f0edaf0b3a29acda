/**
 * The place where processes meet: keys and bytes that one of them (or their parent) serves by TCP, c10d's TCPStore. It is
 * for what is small and rare: addresses, signs of life, last words.
 */
import { TorchError } from "../errors.js";
import { native, type StoreHandle } from "../native.js";

/** @internal */
export let storeHandle: (store: Store) => StoreHandle;

/** Where a store is, and who serves it. */
export interface StoreOptions {
  /** Address of the process that serves the store. Default: "127.0.0.1". */
  host?: string;
  /** Default: one that is free, for the process that serves. */
  port?: number;
  /** Whether this process serves the store. */
  serve: boolean;
  /** How long to wait for the serving process, and for a key. Default: 120. */
  timeoutSeconds?: number;
}

/** Keys and bytes that several processes share. */
export class Store implements Disposable {
  /** Where it is served: told to the processes that are to join. */
  readonly host: string;
  readonly port: number;
  readonly #handle: StoreHandle;

  static {
    storeHandle = (store) => store.#handle;
  }

  /**
   * Serves a store, or connects to one.
   *
   * @throws TorchError `TIMEOUT` where nobody answers in time, `PEER_LOST` where the port is taken, `NO_PROCESS_GROUPS`
   */
  constructor({ host = "127.0.0.1", port = 0, serve, timeoutSeconds = 120 }: StoreOptions) {
    requireProcessGroups();
    this.#handle = native.openStore(host, port, serve, Math.ceil(timeoutSeconds * 1000));
    this.host = host;
    this.port = native.storePort(this.#handle);
    // A connection that waits to be accepted when the serving process dies is reset, which a thread of libtorch's does not
    // survive, nor the process. Whoever has an answer was accepted.
    if (!serve) this.has("");
  }

  set(key: string, value: Uint8Array | string): void {
    native.storeSet(this.#handle, key, typeof value === "string" ? new TextEncoder().encode(value) : value);
  }

  /** Waits until there is a value. @throws TorchError `TIMEOUT`, or `PEER_LOST` where the serving process is gone */
  get(key: string): Uint8Array {
    return native.storeGet(this.#handle, key);
  }

  getText(key: string): string {
    return new TextDecoder().decode(this.get(key));
  }

  /** Adds to a number, which begins at 0, and returns the sum; no two processes are given the same. */
  add(key: string, amount: number): number {
    return native.storeAdd(this.#handle, key, amount);
  }

  has(key: string): boolean {
    return native.storeHas(this.#handle, [key]);
  }

  [Symbol.dispose](): void {
    native.closeStore(this.#handle);
  }
}

/** @throws TorchError `NO_PROCESS_GROUPS` */
function requireProcessGroups(): void {
  if (native.processGroups) return;
  throw new TorchError(
    "NO_PROCESS_GROUPS",
    "this libtorch add-on was built without Gloo, so processes cannot be joined; install its headers (Debian: apt-get install libgloo-dev) and run the set-up again.",
  );
}
