/** Times methods where they are called, without a line in the code that is measured. */

export interface Times {
  wallMs: number;
  /** Of all threads of the process. */
  cpuMs: number;
}

export function difference(later: Times, earlier: Times): Times {
  return { wallMs: later.wallMs - earlier.wallMs, cpuMs: later.cpuMs - earlier.cpuMs };
}

type Method = (this: unknown, ...args: never[]) => unknown;

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
    const watch = this;
    replace(
      prototype,
      name,
      (original) =>
        function (...args) {
          const before = watch.now();
          const result = original.apply(this, args);
          watch.#add(part, difference(watch.now(), before));
          return result;
        },
    );
  }

  /** Counts the waits for the items of an asynchronous generator as `part`. */
  timeWaiting<T extends object>(prototype: T, name: keyof T & string, part: string): void {
    const watch = this;
    replace(
      prototype,
      name,
      (original) =>
        function (...args) {
          return watch.#timed(original.apply(this, args) as AsyncGenerator, part);
        },
    );
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
    replace(
      prototype,
      name,
      (original) =>
        function (...args) {
          look(...args);
          return original.apply(this, args);
        },
    );
  }

  #add(part: string, { wallMs, cpuMs }: Times): void {
    const known = this.#times[part] ?? { wallMs: 0, cpuMs: 0 };
    this.#times[part] = { wallMs: known.wallMs + wallMs, cpuMs: known.cpuMs + cpuMs };
  }
}

function replace(prototype: object, name: string, wrap: (original: Method) => Method): void {
  const methods = prototype as Record<string, Method>;
  methods[name] = wrap(methods[name]!);
}
