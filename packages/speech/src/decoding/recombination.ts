/**
 * Texts that nothing can tell apart any more. Two prefixes with the same word in progress, and with the same state of the
 * language model and of the hot words before it, gain and lose the same with every frame to come: the one that is behind
 * stays behind. Without this, the beam fills up with old quarrels: a doubtful word doubles it, and the next one again,
 * so that few places are left for what is doubtful now. Decoders over graphs do the same where paths meet in one state
 * (Young, Russell & Thornton, "Token Passing", Cambridge 1989; Ney & Ortmanns, "Dynamic Programming Search for Continuous
 * Speech Recognition", IEEE Signal Processing Magazine 1999).
 */

import type { Beam } from "./beam.js";
import type { PrefixTrie } from "./prefix-trie.js";

/** Spreads sums of small numbers over 32 bits (Knuth, "The Art of Computer Programming", volume 3, section 6.4). */
const GOLDEN = 0x9e3779b1;

/** A number that prefixes of equal future share: at the start of a word, and then letter by letter. */
export const futureAtWordStart = (lmState: number, hotState: number): number =>
  futureAfter(Math.imul(lmState + 1, GOLDEN), hotState);
export const futureAfter = (future: number, token: number): number => {
  const sum = Math.imul(future ^ (future >>> 15), GOLDEN) + token;
  return sum | 0;
};

/** Drops from a beam the prefixes that have no future of their own. */
export class Recombination {
  readonly #trie: PrefixTrie;
  readonly #spaceId: number;
  readonly #limit: number;
  /** Entries by the lowest bits of their future: the last, and by entry the one before; -1 for none. */
  readonly #last: Int32Array;
  readonly #before: Int32Array;
  readonly #isKept: Uint8Array;

  /**
   * @param spaceId -1 in an alphabet without one
   * @param limit how many of equal future are kept: as many as there are to be hypotheses
   */
  constructor(trie: PrefixTrie, spaceId: number, { beamSize, limit }: { beamSize: number; limit: number }) {
    this.#trie = trie;
    this.#spaceId = spaceId;
    this.#limit = limit;
    this.#last = new Int32Array(2 ** Math.ceil(Math.log2(2 * beamSize)));
    this.#before = new Int32Array(beamSize);
    this.#isKept = new Uint8Array(beamSize);
  }

  /** Keeps the greatest masses of each future; of equal ones the first. */
  apply(beam: Beam): void {
    const last = this.#last.fill(-1);
    for (let entry = 0; entry < beam.size; entry++) {
      const bucket = this.#bucket(beam, entry);
      this.#before[entry] = last[bucket] as number;
      last[bucket] = entry;
    }
    for (let entry = 0; entry < beam.size; entry++) this.#isKept[entry] = Number(this.#isAmongFirst(beam, entry));
    beam.keepWhere((entry) => this.#isKept[entry] === 1, this.#trie.slot);
  }

  #bucket(beam: Beam, entry: number): number {
    return (this.#trie.future[beam.node[entry] as number] as number) & (this.#last.length - 1);
  }

  /** Whether few enough entries of the same future have more mass, or as much and an earlier place. */
  #isAmongFirst(beam: Beam, entry: number): boolean {
    const mass = beam.mass(entry);
    let numAhead = 0;
    let other = this.#last[this.#bucket(beam, entry)] as number;
    for (; other !== -1 && numAhead < this.#limit; other = this.#before[other] as number) {
      const difference = beam.mass(other) - mass;
      if (difference < 0 || (difference === 0 && other >= entry)) continue;
      if (this.#haveSameFuture(beam.node[other] as number, beam.node[entry] as number)) numAhead += 1;
    }
    return numAhead < this.#limit;
  }

  /** The numbers may be equal by chance; the letters and states they were made of are not. */
  #haveSameFuture(a: number, b: number): boolean {
    const { future, token, parent, lmState, hotState } = this.#trie;
    if (future[a] !== future[b]) return false;
    let [ofA, ofB] = [a, b];
    while (ofA !== ofB && token[ofA] === token[ofB] && token[ofA] !== this.#spaceId && token[ofA] !== -1) {
      ofA = parent[ofA] as number;
      ofB = parent[ofB] as number;
    }
    if (ofA === ofB) return true;
    return token[ofA] === token[ofB] && lmState[ofA] === lmState[ofB] && hotState[ofA] === hotState[ofB];
  }
}
