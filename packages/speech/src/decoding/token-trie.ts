/**
 * Tries over token ids, for what is known before decoding starts: the words of a lexicon, the phrases of a request.
 * Nodes are numbers into typed arrays, so that 200,000 words cost some megabytes and no objects.
 */

const INITIAL_CAPACITY = 256;

/** A trie that only grows. Node 0 is the root; a child's number exceeds its parent's. */
export class TokenTrie {
  size = 1;
  /** The token that leads from a node's parent to it. */
  token = new Int32Array(INITIAL_CAPACITY);
  parent = new Int32Array(INITIAL_CAPACITY);
  /** A node's first child and next sibling; the root is neither, so 0 ends the lists. */
  firstChild = new Int32Array(INITIAL_CAPACITY);
  nextSibling = new Int32Array(INITIAL_CAPACITY);

  constructor() {
    this.token[0] = -1;
    this.parent[0] = -1;
  }

  /** The child of `node` by `token`, or -1. */
  child(node: number, token: number): number {
    let child = this.firstChild[node] as number;
    while (child !== 0 && this.token[child] !== token) child = this.nextSibling[child] as number;
    return child === 0 ? -1 : child;
  }

  /** The node at the end of `tokenIds`, made if need be. */
  insert(tokenIds: Iterable<number>): number {
    let node = 0;
    for (const token of tokenIds) {
      const child = this.child(node, token);
      node = child === -1 ? this.#append(node, token) : child;
    }
    return node;
  }

  #append(parent: number, token: number): number {
    if (this.size === this.token.length) this.#grow();
    const node = this.size++;
    this.token[node] = token;
    this.parent[node] = parent;
    this.nextSibling[node] = this.firstChild[parent] as number;
    this.firstChild[parent] = node;
    return node;
  }

  #grow(): void {
    this.token = doubled(this.token);
    this.parent = doubled(this.parent);
    this.firstChild = doubled(this.firstChild);
    this.nextSibling = doubled(this.nextSibling);
  }
}

/**
 * The same trie for looking up, as a search does millions of times: level by level, so that the children of a node are
 * neighbours in memory. In the lists above, each step to the next child is likely to miss the cache.
 */
export class LevelTrie {
  readonly size: number;
  /** The token that leads from a node's parent to it; -1 for the root. */
  readonly token: Int32Array;
  readonly parent: Int32Array;
  /** The node that each one of the trie above has become. */
  readonly numbers: Int32Array;
  /** A node's children are those from its entry here up to the next node's, by token. */
  readonly #firstChild: Int32Array;

  constructor(trie: TokenTrie) {
    const { size } = trie;
    this.size = size;
    this.token = new Int32Array(size).fill(-1);
    this.parent = new Int32Array(size).fill(-1);
    this.numbers = new Int32Array(size);
    this.#firstChild = new Int32Array(size + 1).fill(size);
    const order = new Int32Array(size);
    let tail = 1;
    for (let node = 0; node < size; node++) {
      this.#firstChild[node] = tail;
      const old = order[node] as number;
      let child = trie.firstChild[old] as number;
      for (; child !== 0; child = trie.nextSibling[child] as number) order[tail++] = child;
      const first = this.#firstChild[node] as number;
      if (tail - first > 1)
        order.subarray(first, tail).sort((a, b) => (trie.token[a] as number) - (trie.token[b] as number));
      for (let at = first; at < tail; at++) {
        const oldChild = order[at] as number;
        this.numbers[oldChild] = at;
        this.token[at] = trie.token[oldChild] as number;
        this.parent[at] = node;
      }
    }
  }

  /** The child of `node` by `token`, or -1. */
  child(node: number, token: number): number {
    const end = this.#firstChild[node + 1] as number;
    for (let child = this.#firstChild[node] as number; child < end; child++) {
      const found = this.token[child] as number;
      if (found >= token) return found === token ? child : -1;
    }
    return -1;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
