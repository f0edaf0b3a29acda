/**
 * A trie over token ids, for what is known before decoding starts: the words of a lexicon, the phrases of a request.
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

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
