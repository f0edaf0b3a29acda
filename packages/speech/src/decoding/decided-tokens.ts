/**
 * What is certain already. Prefixes of the beam that are all alive have had a common beginning for long: it can no
 * longer change, so it leaves the search for a plain list. A rival that has differed from the best for half a minute
 * of speech is given up; without that rule, one early tie could hold the whole recording in the trie.
 */

import type { Beam } from "./beam.js";
import type { PrefixTrie } from "./prefix-trie.js";
import type { TokenTimes } from "./token-times.js";

/** The most tokens of the best prefix that may be open to question, when the memory is tidied: half a minute of English. */
const MOST_UNDECIDED = 512;

/** Tokens in order, with the frames at which they were heard. */
export interface TimedTokens {
  tokenIds: number[];
  /** First frame of each token. */
  starts: number[];
  /** Last frame of each token. */
  ends: number[];
  /** Log-probability that the token was not heard in all its frames. */
  doubts: number[];
}

/** The decided beginning of one utterance, and the step that extends it. */
export class DecidedTokens {
  tokens: TimedTokens = noTokens();
  readonly #trie: PrefixTrie;
  readonly #times: TokenTimes;

  constructor(trie: PrefixTrie, times: TokenTimes) {
    this.#trie = trie;
    this.#times = times;
  }

  reset(): void {
    this.tokens = noTokens();
  }

  /** The tokens of `beam`'s prefix number `entry` from the trie's root on, the root's own included. */
  undecided(beam: Beam, entry: number): TimedTokens {
    const alignments = beam.likelier(entry);
    const found = noTokens();
    let end = alignments.end[entry] as number;
    let doubt = alignments.doubt[entry] as number;
    let record = alignments.times[entry] as number;
    for (let node = beam.node[entry] as number; node !== -1 && this.#trie.token[node] !== -1; ) {
      found.tokenIds.push(this.#trie.token[node] as number);
      found.starts.push(this.#times.start[record] as number);
      found.ends.push(end);
      found.doubts.push(doubt);
      end = this.#times.previousEnd[record] as number;
      doubt = this.#times.previousDoubt[record] as number;
      record = this.#times.previous[record] as number;
      node = this.#trie.parent[node] as number;
    }
    for (const list of Object.values(found) as number[][]) list.reverse();
    return found;
  }

  /** Frees the memory of dead prefixes, and moves what is decided into `tokens`. Renumbers the beam's nodes. */
  compact(beam: Beam): void {
    this.giveUpRivals(beam, MOST_UNDECIDED);
    const nodes = beam.node.slice(0, beam.size);
    const root = this.#trie.commonPrefix(nodes);
    this.#decide(beam, root);
    this.#compactTimes(beam, root);
    const renumbered = this.#trie.compact(nodes, root);
    for (let entry = 0; entry < beam.size; entry++) beam.node[entry] = renumbered[nodes[entry] as number] as number;
  }

  /** Drops the prefixes that differ from the best more than `mostUndecided` tokens back. */
  giveUpRivals(beam: Beam, mostUndecided: number): void {
    const trie = this.#trie;
    const best = beam.node[beam.bestEntry()] as number;
    const depth = (trie.depth[best] as number) - mostUndecided;
    if (depth <= (trie.depth[0] as number)) return;
    const agreed = trie.ancestor(best, depth);
    beam.keepWhere((entry) => trie.ancestor(beam.node[entry] as number, depth) === agreed, trie.slot);
  }

  /** Moves the tokens before `root`'s last into `tokens`, with the times that the best prefix gives them. */
  #decide(beam: Beam, root: number): void {
    const trie = this.#trie;
    const numDecided = (trie.depth[root] as number) - Math.max(1, trie.depth[0] as number);
    if (numDecided <= 0) return;
    const best = this.undecided(beam, beam.bestEntry());
    for (const [name, list] of Object.entries(this.tokens)) {
      for (const value of best[name as keyof TimedTokens].slice(0, numDecided)) list.push(value);
    }
  }

  /** Keeps the records from `root`'s last token on. */
  #compactTimes(beam: Beam, root: number): void {
    const kinds = [beam.blank, beam.token];
    const rootDepth = this.#trie.depth[root] as number;
    const heads = kinds.flatMap((kind) => [...kind.times.subarray(0, beam.size)]);
    const lengths = Array.from(heads, (_, index) => {
      const node = beam.node[index % beam.size] as number;
      return (this.#trie.depth[node] as number) - rootDepth + 1;
    });
    const renumbered = this.#times.compact(Int32Array.from(heads), Int32Array.from(lengths));
    for (const [place, kind] of kinds.entries()) {
      for (let entry = 0; entry < beam.size; entry++) {
        const head = heads[place * beam.size + entry] as number;
        kind.times[entry] = head === -1 ? -1 : (renumbered[head] as number);
      }
    }
  }
}

function noTokens(): TimedTokens {
  return { tokenIds: [], starts: [], ends: [], doubts: [] };
}
