/**
 * Bytes of a file in pieces that wait for what comes next. Joined anew with each piece, a frame of megabytes that comes
 * byte by byte would take hours; here there is room behind them, which grows with what waits.
 */
export class WaitingBytes {
  #bytes: Uint8Array = new Uint8Array();
  /** The memory in which they lie, with room behind them. */
  #memory: Uint8Array = new Uint8Array();

  get length(): number {
    return this.#bytes.length;
  }

  /** What waits and what comes, as one array: `next` itself where nothing waits. It stays as it is. */
  with(next: Uint8Array): Uint8Array {
    const waiting = this.#bytes;
    if (waiting.length === 0) return next;
    const length = waiting.length + next.length;
    if (waiting.byteOffset + length > this.#memory.length) {
      this.#memory = new Uint8Array(2 * length);
      this.#memory.set(waiting);
      this.#bytes = this.#memory.subarray(0, waiting.length);
    }
    const start = this.#bytes.byteOffset;
    this.#memory.set(next, start + waiting.length);
    return this.#memory.subarray(start, start + length);
  }

  /** @param rest the end of what `with` gave: only it waits now. Of the pieces, which are the caller's, nothing is kept */
  keep(rest: Uint8Array): void {
    const isHere = rest.length > 0 && rest.buffer === this.#memory.buffer;
    this.#bytes = isHere ? rest : new Uint8Array(rest);
    if (!isHere) this.#memory = this.#bytes;
  }
}
