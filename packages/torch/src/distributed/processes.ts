/**
 * Processes that compute one thing together: `size` of them, each with a `rank` from 0. Collective operations are called
 * by all ranks in the same order, and block the calling thread until all have called them, or the time limit is over.
 */
import { deserialize, serialize } from "node:v8";
import { fromTypedArray, zeros } from "../creation.js";
import { native, type ProcessGroupHandle } from "../native.js";
import { tidy } from "../scope.js";
import { handleOf, type Tensor } from "../tensor.js";
import { type Store, storeHandle } from "./store.js";

/** Whether this add-on can join processes at all. */
export const canJoin: boolean = native.processGroups;

/** Whether it joins cards by NCCL; their tensors go through Gloo, and the processor, otherwise. */
export const canJoinCards: boolean = native.cardGroups;

/** How a process joins others. */
export interface JoinOptions {
  store: Store;
  /** From 0. */
  rank: number;
  /** How many there are. */
  size: number;
  /** Own address, by which the others reach this process. Default: "127.0.0.1". */
  host?: string;
  /** For each operation. Default: 120. */
  timeoutSeconds?: number;
  /** Where the gradients are; "cuda" or "cuda:N" for cards. Default: "cpu". */
  device?: string;
  /** Tells apart several groups that meet at one store, such as those of a restart. Default: "". */
  name?: string;
}

/** The processes that this one has joined. */
export class Processes implements Disposable {
  readonly rank: number;
  readonly size: number;
  readonly #all: ProcessGroupHandle;
  /** For tensors on cards, where NCCL is there; else the same. */
  readonly #cards: ProcessGroupHandle;
  readonly #pairs: ProcessGroupHandle[] = [];

  /**
   * Waits until all processes have come.
   *
   * @throws TorchError `TIMEOUT` where some do not come, `PEER_LOST` where one is gone
   */
  constructor({ store, rank, size, host = "127.0.0.1", timeoutSeconds = 120, name = "", device = "cpu" }: JoinOptions) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size is ${size}; it must be a whole number from 1`);
    if (!Number.isInteger(rank) || rank < 0 || rank >= size) {
      throw new RangeError(`rank is ${rank}; it must be a whole number from 0 to ${size - 1}`);
    }
    this.rank = rank;
    this.size = size;
    const timeoutMs = Math.ceil(timeoutSeconds * 1000);
    const own = canJoinCards && device.startsWith("cuda") ? "" : host;
    const open = (group: string, place: number, members: number, address = own) =>
      native.openGroup(storeHandle(store), `${name}/${group}`, place, members, timeoutMs, address);
    this.#all = open("all", rank, size, host);
    this.#cards = own === host ? this.#all : open("cards", rank, size);
    for (let distance = 1; Number.isInteger(Math.log2(size)) && distance < size; distance *= 2) {
      const lower = rank & ~distance;
      this.#pairs.push(open(`pair/${distance}/${lower}`, rank === lower ? 0 : 1, 2));
    }
  }

  /** Adds up a tensor over all ranks, in place. The order of the sum is Gloo's: for whole numbers, or where bits do not matter. */
  sum(tensor: Tensor): void {
    native.groupSum(this.#groupOf(tensor), handleOf(tensor));
  }

  /** Hands `root`'s tensor to all, in place. */
  broadcast(tensor: Tensor, root = 0): void {
    native.groupBroadcast(this.#groupOf(tensor), handleOf(tensor), root);
  }

  /** Everybody's tensors, by rank; all have one shape. */
  gather(tensor: Tensor): Tensor[] {
    const outputs = Array.from({ length: this.size }, () =>
      zeros(tensor.shape, { dtype: tensor.dtype, device: tensor.device }),
    );
    native.groupGather(this.#groupOf(tensor), handleOf(tensor), outputs.map(handleOf));
    return outputs;
  }

  /** Everybody's values, by rank: anything that can be cloned, NaN and undefined included. */
  gatherValues<T>(value: T): T[] {
    const bytes = new Uint8Array(serialize(value));
    return tidy(() => {
      const sizes = this.gather(fromTypedArray(BigInt64Array.of(BigInt(bytes.length)))).map((size) => size.item());
      const padded = new Uint8Array(Math.max(...sizes));
      padded.set(bytes);
      return this.gather(fromTypedArray(padded)).map(
        (all, rank) => deserialize((all.toTypedArray() as Uint8Array).subarray(0, sizes[rank])) as T,
      );
    });
  }

  /** Returns once all ranks have called it. */
  barrier(): void {
    native.groupBarrier(this.#all);
  }

  /**
   * The groups of two whose sums, one after another, are the sum over all ranks, added in a binary tree whose shape does
   * not hang on how many ranks share it. @internal
   */
  get pairRounds(): readonly ProcessGroupHandle[] {
    if (2 ** this.#pairs.length !== this.size) {
      throw new RangeError(`${this.size} processes cannot add in pairs; take a power of two`);
    }
    return this.#pairs;
  }

  /** One sum over all ranks at once, faster over slow networks; its bits hang on how many there are. @internal */
  get fastRounds(): readonly ProcessGroupHandle[] {
    return this.size === 1 ? [] : [this.#cards];
  }

  #groupOf({ device }: Tensor): ProcessGroupHandle {
    return device.startsWith("cuda") ? this.#cards : this.#all;
  }

  [Symbol.dispose](): void {
    for (const group of new Set([...this.#pairs, this.#cards, this.#all])) native.closeGroup(group);
  }
}
