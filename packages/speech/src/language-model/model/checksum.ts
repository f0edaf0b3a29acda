/**
 * A checksum against damage, not against malice: two interleaved 32-bit FNV-1a hashes (Fowler, Noll and Vo) over
 * little-endian words, which a processor works on side by side. Every step can be undone, so that no single changed
 * word goes unseen.
 */

const PRIME = 0x01000193;

/** The checksum of bytes that come in pieces. */
export class Checksum {
  #even = 0x811c9dc5;
  #odd = 0x050c5d1f;

  /** @param bytes a multiple of 8, starting at a multiple of 4 of their buffer */
  update(bytes: Uint8Array<ArrayBuffer>): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    let even = this.#even;
    let odd = this.#odd;
    for (let i = 0; i < words.length; i += 2) {
      even = Math.imul(even ^ (words[i] as number), PRIME);
      odd = Math.imul(odd ^ (words[i + 1] as number), PRIME);
    }
    this.#even = even;
    this.#odd = odd;
  }

  get value(): number {
    return (Math.imul(this.#even, PRIME) ^ this.#odd) >>> 0;
  }
}
