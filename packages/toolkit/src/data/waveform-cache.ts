/**
 * Decoded waveforms kept in memory, in buffers that threads share or in a thread's own.
 *
 * Nothing is ever thrown out: each epoch visits every utterance once, in another order, so that a cache that made room
 * for the newest would have lost most of them by the time they come again. Samples are kept as they are, not as 16-bit
 * integers: an epoch must not depend on whether a file was decoded or remembered.
 */
export class WaveformCache<Kind extends ArrayBufferLike = ArrayBufferLike> {
  readonly #waveforms = new Map<string, Float32Array<Kind>>();
  #freeBytes: number;

  /** @param maxBytes how much memory all waveforms may take together. */
  constructor(maxBytes: number) {
    this.#freeBytes = maxBytes;
  }

  get(path: string): Float32Array<Kind> | undefined {
    return this.#waveforms.get(path);
  }

  hasRoomFor(bytes: number): boolean {
    return bytes <= this.#freeBytes;
  }

  /** Keeps a waveform, if there is room. */
  add(path: string, samples: Float32Array<Kind>): void {
    if (this.#waveforms.has(path) || !this.hasRoomFor(samples.byteLength)) return;
    this.#waveforms.set(path, samples);
    this.#freeBytes -= samples.byteLength;
  }
}
