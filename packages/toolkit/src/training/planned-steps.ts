/**
 * Steps of the epochs to come. Each epoch plays utterances at other speeds and groups them otherwise, so that its number of
 * batches is its own: the steps that a run announces are counted, not the first epoch's multiplied.
 */
export class PlannedSteps {
  readonly #steps: number[] = [];

  /**
   * @param stepsOf plans an epoch, counted from 0
   * @param mostPlanned epochs that are planned at most; the others count as much as these on average
   */
  constructor(
    readonly epochs: number,
    stepsOf: (epoch: number) => number,
    mostPlanned: number,
  ) {
    for (let epoch = 0; epoch < Math.min(epochs, mostPlanned); epoch++) this.#steps.push(stepsOf(epoch));
  }

  /** Steps of all epochs from this one on, counted from 0. */
  from(epoch: number): number {
    const planned = this.#steps.slice(epoch);
    const mean = this.#sum(this.#steps) / this.#steps.length;
    const others = Math.max(0, this.epochs - Math.max(epoch, this.#steps.length));
    return this.#sum(planned) + Math.round(others * mean);
  }

  #sum(steps: readonly number[]): number {
    return steps.reduce((total, count) => total + count, 0);
  }
}
