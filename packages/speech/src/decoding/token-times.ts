/**
 * When each token of a prefix was heard. Every prefix of the beam carries its single likeliest alignment (Viterbi)
 * beside its mass; an alignment is a chain of records, one a token, in which equal beginnings are shared. So a frame
 * adds a few records, however long the recording is.
 */

const INITIAL_CAPACITY = 4096;

/** A pool of records, searched only backwards. A record's number exceeds that of the record before it. */
export class TokenTimes {
  size = 0;
  /** The first frame of the record's token. */
  start = new Int32Array(INITIAL_CAPACITY);
  /** The record of the token before, or -1. */
  previous = new Int32Array(INITIAL_CAPACITY);
  /** The last frame of the token before: only its successor knows where it ended. */
  previousEnd = new Int32Array(INITIAL_CAPACITY);
  /** The log-probability that the token before was not heard at all, though the alignment has it. */
  previousDoubt = new Float64Array(INITIAL_CAPACITY);

  get capacity(): number {
    return this.start.length;
  }

  reset(): void {
    this.size = 0;
  }

  /** A record of a token that starts at frame `start`, after the token of record `previous`. There must be room. */
  append(start: number, previous: number, previousEnd: number, previousDoubt: number): number {
    const record = this.size++;
    this.start[record] = start;
    this.previous[record] = previous;
    this.previousEnd[record] = previousEnd;
    this.previousDoubt[record] = previousDoubt;
    return record;
  }

  /**
   * Keeps only the last `lengths[i]` records of each chain `heads[i]`. Returns new numbers by old.
   * Chains that share a record must agree on whether it is their last to keep.
   */
  compact(heads: Int32Array, lengths: Int32Array): Int32Array {
    const renumbered = new Int32Array(this.size).fill(-1);
    for (const [index, head] of heads.entries()) this.#mark(head, lengths[index] as number, renumbered);
    const end = this.size;
    this.size = 0;
    for (let record = 0; record < end; record++) {
      if (renumbered[record] === -1) continue;
      const previous = this.previous[record] as number;
      renumbered[record] = this.append(
        this.start[record] as number,
        previous === -1 ? -1 : (renumbered[previous] as number),
        this.previousEnd[record] as number,
        this.previousDoubt[record] as number,
      );
    }
    return renumbered;
  }

  #mark(head: number, length: number, marks: Int32Array): void {
    let left = length;
    for (let record = head; record !== -1 && marks[record] === -1; record = this.previous[record] as number) {
      if (left === 0) return;
      marks[record] = 0;
      left -= 1;
      if (left === 0) this.previous[record] = -1;
    }
  }

  /** Doubles the capacity. */
  grow(): void {
    const capacity = this.capacity * 2;
    for (const column of ["start", "previous", "previousEnd"] as const) {
      const larger = new Int32Array(capacity);
      larger.set(this[column]);
      this[column] = larger;
    }
    const larger = new Float64Array(capacity);
    larger.set(this.previousDoubt);
    this.previousDoubt = larger;
  }
}
