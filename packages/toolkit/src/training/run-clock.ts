/** How much of a run is done, by steps and by the time it was given. Sessions before a resume count. */
export interface RunBudget {
  epochs: number;
  maxMinutes?: number | undefined;
}

export class RunClock {
  readonly #started = performance.now();
  #agreed: number | undefined;

  /** @param elapsedBefore seconds of earlier sessions */
  constructor(
    readonly budget: RunBudget,
    readonly elapsedBefore: number,
  ) {}

  /** Where several processes train, as of when they last agreed on it. */
  get elapsedSeconds(): number {
    return this.#agreed ?? this.ownSeconds;
  }

  /** By this process's own clock. */
  get ownSeconds(): number {
    return this.elapsedBefore + (performance.now() - this.#started) / 1000;
  }

  /** From now on the clock stands still between two agreements, so that all processes decide alike. */
  agree(elapsedSeconds: number): void {
    this.#agreed = elapsedSeconds;
  }

  get timeIsUp(): boolean {
    const { maxMinutes } = this.budget;
    return maxMinutes !== undefined && this.elapsedSeconds >= 60 * maxMinutes;
  }

  /** From 0 to 1, by epochs or by time, whichever is further. */
  share(epochsDone: number): number {
    const { epochs, maxMinutes } = this.budget;
    const byTime = maxMinutes === undefined ? 0 : this.elapsedSeconds / (60 * maxMinutes);
    return Math.min(1, Math.max(epochsDone / epochs, byTime));
  }

  /** Seconds to the end, at the pace so far; infinite before the first step. */
  etaSeconds(epochsDone: number): number {
    const share = this.share(epochsDone);
    return share > 0 ? (this.elapsedSeconds * (1 - share)) / share : Number.POSITIVE_INFINITY;
  }
}
