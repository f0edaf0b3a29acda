/**
 * The words of a language model and their ids, as bytes: a hash table over UTF-8, with no JavaScript string for any
 * word. Corpora of hundreds of millions of words are mapped to ids without making one, and a finished vocabulary is
 * three typed arrays, which a binary model stores and uses as they are.
 *
 * Open addressing with linear probing; the hash is 32-bit FNV-1a (Fowler, Noll and Vo) with the finaliser of
 * MurmurHash3 (Appleby), because FNV's low bits alone cluster.
 */

import { SPECIAL_WORDS } from "./special-words.js";

const EMPTY = 0xffffffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The arrays a vocabulary consists of. Word `id` is `bytes[offsets[id]]` to `bytes[offsets[id + 1] - 1]`. */
export interface VocabularyArrays {
  bytes: Uint8Array<ArrayBuffer>;
  /** `size + 1` entries. */
  offsets: Uint32Array<ArrayBuffer>;
  /** Ids by hash; a power of two of slots, 0xffffffff where empty. */
  table: Uint32Array<ArrayBuffer>;
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A mapping between words and ids from 0 up. */
export class Vocabulary {
  #bytes: Uint8Array<ArrayBuffer>;
  #offsets: Uint32Array<ArrayBuffer>;
  #table: Uint32Array<ArrayBuffer>;
  #size: number;
  #scratch = new Uint8Array(256);

  private constructor(arrays: VocabularyArrays, size: number) {
    this.#bytes = arrays.bytes;
    this.#offsets = arrays.offsets;
    this.#table = arrays.table;
    this.#size = size;
  }

  /** A vocabulary of the three special words alone. */
  static create(): Vocabulary {
    const table = new Uint32Array(1024).fill(EMPTY);
    const vocabulary = new Vocabulary({ bytes: new Uint8Array(4096), offsets: new Uint32Array(512), table }, 0);
    for (const word of SPECIAL_WORDS) vocabulary.add(word);
    return vocabulary;
  }

  /** A finished vocabulary, in place: the arrays are not copied. */
  static over(arrays: VocabularyArrays): Vocabulary {
    return new Vocabulary(arrays, arrays.offsets.length - 1);
  }

  /** The number of words, the special ones among them. */
  get size(): number {
    return this.#size;
  }

  /** The id of the word in `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const id = this.#table[this.#slotOf(bytes, start, end)] as number;
    return id === EMPTY ? -1 : id;
  }

  /** The id of the word in `bytes[start, end)`, a new one if need be. */
  findOrAdd(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#slotOf(bytes, start, end);
    const known = this.#table[slot] as number;
    if (known !== EMPTY) return known;
    const id = this.#size;
    this.#append(bytes, start, end);
    this.#table[slot] = id;
    if (this.#size * 2 > this.#table.length) this.#rehash(this.#table.length * 2);
    return id;
  }

  /** The id of `word`, or -1. */
  idOf(word: string): number {
    const length = this.#encode(word);
    return this.find(this.#scratch, 0, length);
  }

  /** The id of `word`, a new one if need be. */
  add(word: string): number {
    const length = this.#encode(word);
    return this.findOrAdd(this.#scratch, 0, length);
  }

  /** The word of an id from 0 to `size - 1`. */
  word(id: number): string {
    // A copy: browsers decode no memory that threads share.
    return decoder.decode(this.wordBytes(id).slice());
  }

  /** The word's UTF-8, as a view. */
  wordBytes(id: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[id], this.#offsets[id + 1]);
  }

  /** Whether the arrays fit one another, for those that come from a file: searching what does not may never end. */
  isSound(): boolean {
    const slots = this.#table.length;
    const isPower = slots > 0 && (slots & (slots - 1)) === 0;
    if (!isPower || !this.#table.includes(EMPTY)) return false;
    if (this.#table.some((id) => id !== EMPTY && id >= this.#size)) return false;
    const isRising = this.#offsets.every((offset, i) => i === 0 || offset >= (this.#offsets[i - 1] as number));
    return isRising && (this.#offsets[this.#size] as number) <= this.#bytes.length;
  }

  /** The arrays, cut to size. */
  arrays(): VocabularyArrays {
    const end = this.#offsets[this.#size] as number;
    return {
      bytes: this.#bytes.slice(0, end),
      offsets: this.#offsets.slice(0, this.#size + 1),
      table: this.#table.slice(),
    };
  }

  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#table.length - 1;
    let slot = hashBytes(bytes, start, end) & mask;
    for (;;) {
      const id = this.#table[slot] as number;
      if (id === EMPTY || this.#equals(id, bytes, start, end)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#offsets[id] as number;
    const length = end - start;
    if ((this.#offsets[id + 1] as number) - from !== length) return false;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[from + i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#offsets[this.#size] as number;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(to, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (this.#size + 2 > this.#offsets.length) {
      const grown = new Uint32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    for (let i = start; i < end; i++) this.#bytes[from + i - start] = bytes[i] as number;
    this.#size += 1;
    this.#offsets[this.#size] = to;
  }

  #rehash(slots: number): void {
    this.#table = new Uint32Array(slots).fill(EMPTY);
    for (let id = 0; id < this.#size; id++) {
      const slot = this.#slotOf(this.#bytes, this.#offsets[id] as number, this.#offsets[id + 1] as number);
      this.#table[slot] = id;
    }
  }

  /** Leaves the UTF-8 of `word` in the scratch array, and returns its length. */
  #encode(word: string): number {
    // One UTF-16 unit takes at most three bytes.
    if (word.length * 3 > this.#scratch.length) this.#scratch = new Uint8Array(word.length * 3);
    return encoder.encodeInto(word, this.#scratch).written;
  }
}
