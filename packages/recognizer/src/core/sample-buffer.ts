/** The part of a recording that is still needed, addressed by the recording's own sample numbers. */
export class SampleBuffer {
  #chunks: Float32Array<ArrayBuffer>[] = [];
  #start = 0;
  #end = 0;

  /** The number of samples that have come so far. */
  get end(): number {
    return this.#end;
  }

  push(samples: Float32Array<ArrayBuffer>): void {
    if (samples.length === 0) return;
    this.#chunks.push(samples);
    this.#end += samples.length;
  }

  /** Samples `from` up to `to`, in an array of their own. They must not have been dropped. */
  slice(from: number, to: number): Float32Array<ArrayBuffer> {
    const slice = new Float32Array(to - from);
    this.copy(from, to, slice);
    return slice;
  }

  /** Samples `from` up to `to`, at the beginning of `target`. They must not have been dropped. */
  copy(from: number, to: number, target: Float32Array): void {
    let at = 0;
    for (const part of this.views(from, to)) {
      target.set(part, at);
      at += part.length;
    }
  }

  /** Samples `from` up to `to`, as they came. They must not have been dropped. */
  *views(from: number, to: number): Generator<Float32Array<ArrayBuffer>> {
    if (from < this.#start || to > this.#end) {
      throw new RangeError(`SampleBuffer: ${from} to ${to} lies outside ${this.#start} to ${this.#end}`);
    }
    let offset = this.#start;
    for (const chunk of this.#chunks) {
      const part = chunk.subarray(Math.max(0, from - offset), Math.max(0, to - offset));
      if (part.length > 0) yield part;
      offset += chunk.length;
      if (offset >= to) break;
    }
  }

  /** Forgets whole chunks before a sample. */
  dropBefore(sample: number): void {
    while (this.#chunks[0] && this.#start + this.#chunks[0].length <= sample) {
      this.#start += this.#chunks[0].length;
      this.#chunks.shift();
    }
  }
}
