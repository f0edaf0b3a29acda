/**
 * How fast a transfer runs now, and when it will be done. The rate is that of the last few seconds: an average from the
 * start would take minutes to notice that a line has dropped.
 */

const WINDOW_SECONDS = 8;

interface Reading {
  readonly seconds: number;
  readonly bytes: number;
}

export class TransferRate {
  readonly #readings: Reading[] = [];

  /**
   * Notes how many bytes are there.
   *
   * @param seconds the time, on any clock that only goes forward.
   */
  add(bytes: number, seconds: number): void {
    const last = this.#readings.at(-1);
    // A transfer that starts over has fewer bytes than before.
    if (last && bytes < last.bytes) this.#readings.length = 0;
    this.#readings.push({ seconds, bytes });
    while (this.#readings.length > 2 && seconds - (this.#readings[0] as Reading).seconds > WINDOW_SECONDS) {
      this.#readings.shift();
    }
  }

  /** 0 until two readings are there. */
  get bytesPerSecond(): number {
    const [first, last] = [this.#readings[0], this.#readings.at(-1)];
    if (!first || !last || last.seconds <= first.seconds) return 0;
    return (last.bytes - first.bytes) / (last.seconds - first.seconds);
  }

  /** Seconds until `totalBytes` are there; undefined while nothing moves. */
  secondsLeft(totalBytes: number): number | undefined {
    const rate = this.bytesPerSecond;
    const bytes = this.#readings.at(-1)?.bytes ?? 0;
    return rate > 0 ? Math.max(0, totalBytes - bytes) / rate : undefined;
  }
}
