/** What goes into a model's graph and comes out of it, as plain data: it crosses from thread to thread. */
export interface TensorData {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A graph's inputs or outputs by their names. */
export type Tensors = Readonly<Record<string, TensorData>>;

/**
 * Memory for numbers that are needed for a moment, such as until they have been posted: `Host.post` copies them. Arrays
 * that come and go by the megabyte a second would keep the garbage collector at work.
 */
export class Scratch {
  #memory: Float32Array<ArrayBuffer> = new Float32Array();

  /** So many numbers, whatever they are; they are no one's any more when this is called again. */
  take(length: number): Float32Array<ArrayBuffer> {
    if (this.#memory.length < length) this.#memory = new Float32Array(length);
    return this.#memory.length === length ? this.#memory : this.#memory.subarray(0, length);
  }
}
