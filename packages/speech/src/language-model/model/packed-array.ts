/**
 * Whole numbers of the same few bits each, packed without gaps: word ids and indices of a trie take half the space that
 * 32 bits would. Reading is a shift and a mask (after Raj and Whittaker, "Lossless compression of language model
 * structure and word identifiers", ICASSP 2003).
 */

/** The number of 32-bit words that hold `length` numbers of `bits` bits, one spare word among them. */
export function packedWords(length: number, bits: number): number {
  return Math.ceil((length * bits) / 32) + 1;
}

/** The bits that the numbers from 0 to `largest` need; at least 1. */
export function bitsFor(largest: number): number {
  return Math.max(1, 32 - Math.clz32(largest));
}

/** A view of packed numbers of 1 to 32 bits. */
export class PackedArray {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly bits: number;
  readonly #mask: number;

  constructor(words: Uint32Array<ArrayBuffer>, bits: number) {
    this.words = words;
    this.bits = bits;
    this.#mask = bits === 32 ? 0xffffffff : (1 << bits) - 1;
  }

  /** Room for `length` numbers up to `largest`, all 0. */
  static create(length: number, largest: number): PackedArray {
    const bits = bitsFor(largest);
    return new PackedArray(new Uint32Array(packedWords(length, bits)), bits);
  }

  get(index: number): number {
    // The bit's position may pass 2³², so that 32 numbers, which fill whole words, are stepped over first.
    const inGroup = (index & 31) * this.bits;
    const word = (index >>> 5) * this.bits + (inGroup >>> 5);
    const shift = inGroup & 31;
    let value = (this.words[word] as number) >>> shift;
    if (shift + this.bits > 32) value |= (this.words[word + 1] as number) << (32 - shift);
    return (value & this.#mask) >>> 0;
  }

  /** Writes where a 0 stands. */
  set(index: number, value: number): void {
    const inGroup = (index & 31) * this.bits;
    const word = (index >>> 5) * this.bits + (inGroup >>> 5);
    const shift = inGroup & 31;
    this.words[word]! |= value << shift;
    if (shift + this.bits > 32) this.words[word + 1]! |= value >>> (32 - shift);
  }
}
