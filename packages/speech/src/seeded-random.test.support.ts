/** A seeded generator for property tests: Marsaglia's xorshift32 ("Xorshift RNGs", 2003). */

export class SeededRandom {
  #state: number;

  /** `seed`: any whole number but 0. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state / 2 ** 32;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** `length` items drawn from `items`, with repetition. */
  draw<T>(items: readonly T[], length: number): T[] {
    return Array.from({ length }, () => items[this.below(items.length)] as T);
  }
}
