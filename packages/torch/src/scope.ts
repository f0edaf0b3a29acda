/**
 * Scopes free native memory in time. A tensor's storage lives outside V8's heap, where the garbage collector neither
 * sees its size nor hurries; a training step that waited for it would run out of memory. So every tensor made while a
 * scope is open belongs to that scope and is freed when it closes, but for those that leave it as its result or by
 * `keep`. The method is that of `tidy` in TensorFlow.js, joined to TypeScript's `using`.
 *
 * The stack of open scopes belongs to one JavaScript thread and to synchronous code: a scope never spans an `await`.
 */
import { TorchError } from "./errors.js";
import { native } from "./native.js";

/** What a scope holds: anything that can be freed. */
export interface Disposable {
  dispose(): void;
}

const open: Scope[] = [];

/**
 * Frees, when it closes, the tensors that were made since it opened.
 *
 * @example
 * {
 *   using scope = new Scope();
 *   const loss = scope.keep(step(batch)); // survives the block
 * }
 */
export class Scope {
  readonly #members = new Set<Disposable>();

  constructor() {
    open.push(this);
    if (open.length === 1) native.setScoped(true);
  }

  /** Called by Tensor for each tensor that is made. */
  static adopt(member: Disposable): void {
    const innermost = open.at(-1);
    if (innermost) innermost.#members.add(member);
  }

  /** Called by Tensor when it is freed by hand, so that its scope forgets it. */
  static forget(member: Disposable): void {
    for (const scope of open) if (scope.#members.delete(member)) return;
  }

  /** Lets a tensor outlive every open scope. Returns it. */
  keep<T extends Disposable>(member: T): T {
    Scope.forget(member);
    return member;
  }

  /** Moves a tensor to the scope around this one, where there is one. */
  #release(member: Disposable): void {
    const around = open.at(-2);
    if (this.#members.delete(member) && around) around.#members.add(member);
  }

  /** Closes the scope: frees its members, but for those reachable in `result`, which go to the scope around it. */
  close(result?: unknown): void {
    if (open.at(-1) !== this) {
      throw new TorchError("SCOPE", "scopes must close in the reverse order of opening, and never across an await");
    }
    for (const member of disposablesIn(result)) this.#release(member);
    open.pop();
    for (const member of this.#members) member.dispose();
    this.#members.clear();
    if (open.length === 0) native.setScoped(false);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Runs `body` in a scope of its own and returns its result. Tensors in the result (directly, in arrays, in plain
 * objects) survive; all others made inside are freed, also when `body` throws.
 *
 * @throws TorchError SCOPE when `body` returns a promise: what it awaits would run after its tensors were freed.
 */
export function tidy<T>(body: () => T): T {
  const scope = new Scope();
  let result: T | undefined;
  try {
    result = body();
  } finally {
    scope.close(result);
  }
  if (result instanceof Promise) {
    throw new TorchError("SCOPE", "tidy() got a promise: a scope must not span an await; tidy the synchronous parts");
  }
  return result;
}

/** Lets a tensor outlive every open scope: its owner must dispose it. Returns it. */
export function keep<T extends Disposable>(member: T): T {
  Scope.forget(member);
  return member;
}

function* disposablesIn(value: unknown): Generator<Disposable> {
  if (typeof value !== "object" || value === null) return;
  if ("dispose" in value && typeof value.dispose === "function") yield value as Disposable;
  else if (Array.isArray(value)) for (const item of value) yield* disposablesIn(item);
  else if (Object.getPrototypeOf(value) === Object.prototype) yield* disposablesIn(Object.values(value));
}
