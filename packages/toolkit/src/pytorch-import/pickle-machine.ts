/** The stack machine that a pickle's instructions work on, with every access checked. */
import type { ByteCursor } from "./checkpoint-file.js";
import { resolveGlobal } from "./known-globals.js";
import { KnownGlobal, Unknown } from "./pickle-values.js";

/** Makes an object of a persistent id: torch.save's way to keep storages out of the pickle. */
export type PersistentLoad = (id: unknown, fail: (reason: string) => never) => unknown;

export class PickleMachine {
  /** What stands above the topmost mark. */
  #stack: unknown[] = [];
  /** What stands below each mark. */
  readonly #below: unknown[][] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(
    readonly cursor: ByteCursor,
    readonly persistentLoad: PersistentLoad,
  ) {}

  readonly fail = (reason: string): never => this.cursor.file.fail(reason);

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length === 0) this.fail("is corrupt: its pickle takes more than it has made");
    return this.#stack.pop();
  }

  /** The value on top, which stays. */
  top(): unknown {
    if (this.#stack.length === 0) this.fail("is corrupt: its pickle takes more than it has made");
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  /** What was pushed since the last mark, which goes. */
  popMark(): unknown[] {
    const values = this.#stack;
    this.#stack = this.#below.pop() ?? this.fail("is corrupt: its pickle has a list that never began");
    return values;
  }

  /** @param place default: the next free one */
  remember(place = this.#memo.size): void {
    this.#memo.set(place, this.top());
  }

  recall(place: number): void {
    if (!this.#memo.has(place)) this.fail("is corrupt: its pickle refers to a value that was never made");
    this.push(this.#memo.get(place));
  }

  pushGlobal(module: unknown, name: unknown): void {
    if (typeof module === "string" && typeof name === "string") this.push(resolveGlobal(module, name, this.fail));
    else this.fail("is corrupt: its pickle has a class without a name");
  }

  /** Replaces a class and its arguments by what is built of them. */
  construct(args: unknown, type: unknown): void {
    if (type instanceof KnownGlobal && Array.isArray(args)) this.push(type.build(args, this.fail));
    else if (type instanceof Unknown) this.push(new Unknown(type.typeName));
    else this.fail("is corrupt: its pickle calls what is no class or function");
  }

  /** Adds to the list, set or unknown object on top. */
  extendTop(values: readonly unknown[]): void {
    const target = this.top();
    if (Array.isArray(target)) for (const value of values) target.push(value);
    else if (target instanceof Set) for (const value of values) target.add(value);
    else if (!(target instanceof Unknown)) this.fail("is corrupt: its pickle appends to what is no list");
  }

  /** Adds keys and values, in turn, to the dict or unknown object on top. */
  setTop(items: readonly unknown[]): void {
    const target = this.top();
    if (items.length % 2 === 1) this.fail("is corrupt: its pickle has a key without a value");
    if (target instanceof Map) for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    else if (!(target instanceof Unknown)) this.fail("is corrupt: its pickle sets keys of what is no dict");
  }
}
