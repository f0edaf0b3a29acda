/** The part of a recording that is still needed, addressed by the recording's own sample numbers. */
export class SampleBuffer {
  /**
   * What is kept, from `#offset` on. One piece of memory that is used again, as sound comes by the megabyte a second where
   * many speak: pieces that wait for half a second outlive the garbage collector's quick rounds.
   */
  #memory: Float32Array<ArrayBuffer> = new Float32Array();
  #offset = 0;
  #start = 0;
  #end = 0;

  /** The number of samples that have come so far. */
  get end(): number {
    return this.#end;
  }

  push(samples: Float32Array): void {
    this.#makeRoom(samples.length);
    this.#memory.set(samples, this.#offset + this.#end - this.#start);
    this.#end += samples.length;
  }

  /** Samples `from` up to `to`, in an array of their own. They must not have been dropped. */
  slice(from: number, to: number): Float32Array<ArrayBuffer> {
    return this.view(from, to).slice();
  }

  /** Samples `from` up to `to`, which are there until the next ones are pushed. They must not have been dropped. */
  view(from: number, to: number): Float32Array<ArrayBuffer> {
    if (from < this.#start || to > this.#end) {
      throw new RangeError(`SampleBuffer: ${from} to ${to} lies outside ${this.#start} to ${this.#end}`);
    }
    const shift = this.#offset - this.#start;
    return this.#memory.subarray(from + shift, to + shift);
  }

  /** Forgets what came before a sample. */
  dropBefore(sample: number): void {
    const dropped = Math.min(sample, this.#end) - this.#start;
    if (dropped <= 0) return;
    this.#offset += dropped;
    this.#start += dropped;
  }

  /** Behind what is kept, which is moved only where a fourth as much was dropped: so a sample is moved some four times. */
  #makeRoom(count: number): void {
    const kept = this.#end - this.#start;
    const needed = kept + count;
    if (this.#offset + needed <= this.#memory.length) return;
    const before = this.#memory.subarray(this.#offset, this.#offset + kept);
    const isSmall = needed > this.#memory.length || 4 * this.#offset < kept;
    if (isSmall) this.#memory = new Float32Array(Math.ceil(1.25 * needed));
    this.#memory.set(before);
    this.#offset = 0;
  }
}
