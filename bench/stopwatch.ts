/** Times methods where they are called, without a line in the code that is measured. */

export interface Times {
  wallMs: number;
  /** Of all threads of the process. */
  cpuMs: number;
}

export function difference(later: Times, earlier: Times): Times {
  return { wallMs: later.wallMs - earlier.wallMs, cpuMs: later.cpuMs - earlier.cpuMs };
}

export class Stopwatch {
  #times: Record<string, Times> = {};

  now(): Times {
    const { user, system } = process.cpuUsage();
    return { wallMs: performance.now(), cpuMs: (user + system) / 1e3 };
  }

  /** What was timed since the last time. */
  take(): Record<string, Times> {
    const taken = this.#times;
    this.#times = {};
    return taken;
  }

  /** Counts all calls of a method, which must not be asynchronous, as `part`. */
  time<T extends object>(prototype: T, name: keyof T & string, part: string): void {
    wrap(prototype, name, (call) => {
      const before = this.now();
      const result = call();
      this.#add(part, difference(this.now(), before));
      return result;
    });
  }

  /** Counts the waits for the items of an asynchronous generator as `part`. */
  timeWaiting<T extends object>(prototype: T, name: keyof T & string, part: string): void {
    wrap(prototype, name, (call) => this.#timed(call() as AsyncGenerator, part));
  }

  async *#timed(items: AsyncGenerator, part: string): AsyncGenerator {
    for (;;) {
      const before = this.now();
      const { done, value } = await items.next();
      this.#add(part, difference(this.now(), before));
      if (done) return;
      yield value;
    }
  }

  /** Calls `look` with a method's arguments before the method runs. */
  before<T extends object>(prototype: T, name: keyof T & string, look: (...args: never[]) => void): void {
    wrap(prototype, name, (call, args) => {
      look(...args);
      return call();
    });
  }

  #add(part: string, { wallMs, cpuMs }: Times): void {
    const known = this.#times[part] ?? { wallMs: 0, cpuMs: 0 };
    this.#times[part] = { wallMs: known.wallMs + wallMs, cpuMs: known.cpuMs + cpuMs };
  }
}

/** Puts `run` in the place of a method; it is given the call, still to be made, and its arguments. */
function wrap(prototype: object, name: string, run: (call: () => unknown, args: never[]) => unknown): void {
  const methods = prototype as Record<string, (...args: never[]) => unknown>;
  const original = methods[name]!;
  methods[name] = function (...args) {
    return run(() => original.apply(this, args), args);
  };
}
