/**
 * The prefixes that the beam search has in hand. Prefixes share their beginnings in a trie; a node is a number into
 * typed arrays, so that a frame allocates nothing and the garbage collector has nothing to do. Most prefixes die
 * young: `compact` keeps only the ancestors of the living, in order, so that memory follows the living and not the
 * length of the recording.
 */

const INITIAL_CAPACITY = 4096;
const INTEGERS = [
  "parent",
  "token",
  "depth",
  "firstChild",
  "nextSibling",
  "slot",
  "lmState",
  "nextLmState",
  "lexiconNode",
  "hotLexiconNode",
  "hotState",
  "spellingState",
  "future",
] as const;
const FLOATS = ["bonus", "gain", "advanced", "spelling", "lmScore", "wordGain", "wordBonus", "wordLmScore"] as const;

/** `wordGain` of a node whose end of word nobody asked for yet. */
export const NOT_SCORED = -1;

/** A trie with one column per property and one row per node. Node 0 is the root; a child's number exceeds its parent's. */
export class PrefixTrie {
  size = 0;
  parent = new Int32Array(INITIAL_CAPACITY);
  /** The last token; -1 for the empty prefix. */
  token = new Int32Array(INITIAL_CAPACITY);
  /** The number of tokens. */
  depth = new Int32Array(INITIAL_CAPACITY);
  firstChild = new Int32Array(INITIAL_CAPACITY);
  nextSibling = new Int32Array(INITIAL_CAPACITY);
  /** The place in the beam, or -1. */
  slot = new Int32Array(INITIAL_CAPACITY);
  /** The language model after the last complete word. */
  lmState = new Int32Array(INITIAL_CAPACITY);
  /** The same, if the word in progress ended here; set with `wordGain`. */
  nextLmState = new Int32Array(INITIAL_CAPACITY);
  /** How far into the lexicon, and into the words of hot words, the word in progress is. */
  lexiconNode = new Int32Array(INITIAL_CAPACITY);
  hotLexiconNode = new Int32Array(INITIAL_CAPACITY);
  hotState = new Int32Array(INITIAL_CAPACITY);
  /** The spelling model within the word in progress. */
  spellingState = new Int32Array(INITIAL_CAPACITY);
  /** Of prefixes that gain and lose the same from here on, the same number: see `Recombination`. */
  future = new Int32Array(INITIAL_CAPACITY);
  /** Natural log: everything in the score that is not acoustic. */
  bonus = new Float64Array(INITIAL_CAPACITY);
  /** `exp` of the bonus gained since the parent. */
  gain = new Float64Array(INITIAL_CAPACITY);
  /** Natural log: the part of `bonus` that is on account of the word in progress, and is settled when it ends. */
  advanced = new Float64Array(INITIAL_CAPACITY);
  /** Natural log: how likely the letters of the word in progress are, before any weight. */
  spelling = new Float64Array(INITIAL_CAPACITY);
  /** The language model's log-probability of the complete words, before any weight. */
  lmScore = new Float64Array(INITIAL_CAPACITY);
  /** If the word in progress ended here: the factor to the mass, its logarithm, and the log-probability in it. */
  wordGain = new Float64Array(INITIAL_CAPACITY);
  wordBonus = new Float64Array(INITIAL_CAPACITY);
  wordLmScore = new Float64Array(INITIAL_CAPACITY);

  get capacity(): number {
    return this.parent.length;
  }

  /** Forgets all prefixes but the empty one. */
  reset(): void {
    this.size = 0;
    this.append(-1, -1);
  }

  /** The child of `node` by `token`, or -1. */
  child(node: number, token: number): number {
    let child = this.firstChild[node] as number;
    while (child !== -1 && this.token[child] !== token) child = this.nextSibling[child] as number;
    return child;
  }

  /** A new child of `parent`; its scores are for the caller to fill in. There must be room. */
  append(parent: number, token: number): number {
    const node = this.size++;
    this.parent[node] = parent;
    this.token[node] = token;
    this.depth[node] = parent === -1 ? 0 : (this.depth[parent] as number) + 1;
    this.slot[node] = -1;
    this.firstChild[node] = -1;
    this.wordGain[node] = NOT_SCORED;
    this.#adopt(node, parent);
    return node;
  }

  #adopt(node: number, parent: number): void {
    this.nextSibling[node] = parent === -1 ? -1 : (this.firstChild[parent] as number);
    if (parent !== -1) this.firstChild[parent] = node;
  }

  /** The ancestor of `node`, or `node` itself, that is `depth` tokens long. */
  ancestor(node: number, depth: number): number {
    let at = node;
    while ((this.depth[at] as number) > depth) at = this.parent[at] as number;
    return at;
  }

  /** The longest prefix that all `nodes` start with. */
  commonPrefix(nodes: Int32Array): number {
    let common = nodes[0] as number;
    for (const node of nodes) {
      let other = this.ancestor(node, this.depth[common] as number);
      common = this.ancestor(common, this.depth[other] as number);
      while (common !== other) {
        common = this.parent[common] as number;
        other = this.parent[other] as number;
      }
    }
    return common;
  }

  /** Makes `root` the root, and keeps only it and the ancestors of `nodes`, which it must be among. Returns new numbers by old. */
  compact(nodes: Int32Array, root: number): Int32Array {
    const renumbered = new Int32Array(this.size).fill(-1);
    renumbered[root] = 0;
    for (const head of nodes) {
      for (let node = head; renumbered[node] === -1; node = this.parent[node] as number) renumbered[node] = 0;
    }
    const end = this.size;
    this.size = 0;
    for (let node = root; node < end; node++) {
      if (renumbered[node] === -1) continue;
      const parent = node === root ? -1 : (renumbered[this.parent[node] as number] as number);
      renumbered[node] = this.#move(node, parent);
    }
    return renumbered;
  }

  /** Moves row `from` to the end of the rows kept so far, which never lies behind it. */
  #move(from: number, parent: number): number {
    const to = this.size++;
    for (const column of INTEGERS) this[column][to] = this[column][from] as number;
    for (const column of FLOATS) this[column][to] = this[column][from] as number;
    this.parent[to] = parent;
    this.firstChild[to] = -1;
    this.#adopt(to, parent);
    return to;
  }

  /** Doubles the capacity. */
  grow(): void {
    const capacity = this.capacity * 2;
    for (const column of INTEGERS) {
      const larger = new Int32Array(capacity);
      larger.set(this[column]);
      this[column] = larger;
    }
    for (const column of FLOATS) {
      const larger = new Float64Array(capacity);
      larger.set(this[column]);
      this[column] = larger;
    }
  }
}
