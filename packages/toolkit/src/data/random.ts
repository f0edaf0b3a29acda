/**
 * Random numbers that are the same on every machine and in every run.
 *
 * The generator is xoshiro128** 1.1 of D. Blackman and S. Vigna ("Scrambled linear pseudorandom number generators",
 * ACM TOMS 2021), whose 32-bit arithmetic JavaScript does exactly. A key, such as a seed and an epoch, becomes its
 * state through FNV-1a and SplitMix32, so that neighbouring keys give unrelated streams. Not for secrets.
 */

/** One part of a key. Parts are kept apart: ["a", "bc"] and ["ab", "c"] are different keys. */
export type KeyPart = string | number;

/** A stream of random numbers, fixed by its key. */
export class Random {
  readonly #state = new Uint32Array(4);

  /** @param key what the stream depends on, such as `new Random(seed, epoch, "order")`. */
  constructor(...key: KeyPart[]) {
    let hash = fnv1a(JSON.stringify(key));
    for (let i = 0; i < 4; i++) {
      hash = (hash + 0x9e3779b9) >>> 0;
      this.#state[i] = mix(hash);
    }
  }

  /** A whole number in [0, 2^32). */
  nextUint32(): number {
    const s = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotateLeft(s[3], 11);
    return result;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  /** A whole number in [0, `bound`); `bound` is at most 2^32. */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** One of the choices, each as likely as the others. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError("pick: there is nothing to choose from");
    return choices[this.integer(choices.length)] as T;
  }

  /** Puts the items into a random order, in place (Fisher-Yates), and returns them. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = items[i] as T;
      items[i] = items[j] as T;
      items[j] = item;
    }
    return items;
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** FNV-1a over UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The finishing step of SplitMix32 (constants of MurmurHash3). */
function mix(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
