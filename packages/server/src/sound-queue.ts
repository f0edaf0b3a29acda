/**
 * Sound on its way from a socket to the recogniser. Where it comes faster than it is recognised, the socket is told to
 * wait, and through it the sender: memory stays bounded.
 */
export class SoundQueue implements AsyncIterable<Uint8Array> {
  readonly #mostBytes: number;
  readonly #onFull: () => void;
  readonly #onRoom: () => void;
  readonly #pieces: Uint8Array[] = [];
  #numBytes = 0;
  #isFull = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /**
   * @param onFull is called when `mostBytes` wait
   * @param onRoom is called when, after that, less than half of them do
   */
  constructor(mostBytes: number, { onFull, onRoom }: { onFull: () => void; onRoom: () => void }) {
    this.#mostBytes = mostBytes;
    this.#onFull = onFull;
    this.#onRoom = onRoom;
  }

  /** Whether no more is taken. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  push(piece: Uint8Array): void {
    if (this.#isEnded) return;
    this.#pieces.push(piece);
    this.#numBytes += piece.length;
    if (!this.#isFull && this.#numBytes >= this.#mostBytes) {
      this.#isFull = true;
      this.#onFull();
    }
    this.#wake?.();
  }

  /** No more comes; what waits is still given. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) {
        this.#take(piece);
        yield piece;
      } else if (this.#isEnded) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #take(piece: Uint8Array): void {
    this.#numBytes -= piece.length;
    if (!this.#isFull || this.#numBytes >= this.#mostBytes / 2) return;
    this.#isFull = false;
    this.#onRoom();
  }
}
