/** What a run is to do: the batches of each epoch, how many steps they make, and the learning rate of each step. */
import type { ModelCorpus } from "../acoustic-model/index.js";
import type { PreparedAugmentation } from "../data/augmentation/utterance-augmentation.js";
import { type BatchPlan, planBatches } from "../data/batches.js";
import type { PreparedUtterance } from "../data/prepare.js";
import { PlannedSteps } from "./planned-steps.js";
import type { RunClock } from "./run-clock.js";
import { batchSecondsOf } from "./run-length.js";
import { learningRateAt } from "./schedule.js";
import type { TrainingSession } from "./session.js";

/** To count a run's steps, so much is planned: some seconds of work. */
const MOST_PLANNED_UTTERANCES = 1_000_000;

export interface RunPlanOptions {
  session: TrainingSession;
  train: ModelCorpus;
  augmentation: PreparedAugmentation;
  clock: RunClock;
}

export class RunPlan {
  readonly #session: TrainingSession;
  readonly #train: ModelCorpus;
  readonly #augmentation: PreparedAugmentation;
  readonly #clock: RunClock;
  readonly #planned: PlannedSteps;
  #totalSteps = 0;

  constructor({ session, train, augmentation, clock }: RunPlanOptions) {
    this.#session = session;
    this.#train = train;
    this.#augmentation = augmentation;
    this.#clock = clock;
    const mostPlanned = Math.max(1, Math.floor(MOST_PLANNED_UTTERANCES / train.utterances.length));
    const stepsOf = (epoch: number) => this.#stepsIn(this.batchesOf(epoch).batches.length);
    this.#planned = new PlannedSteps(session.config.epochs, stepsOf, mostPlanned);
  }

  get maxBatchSeconds(): number {
    return batchSecondsOf(this.#session.config, this.#train.facts.audioSeconds);
  }

  /** As far as is known: steps taken, and to be taken. */
  get totalSteps(): number {
    return this.#totalSteps;
  }

  /** @param epoch counted from 0 */
  batchesOf(epoch: number): BatchPlan<PreparedUtterance> {
    const { seed, maxBatchUtterances, speedFactors, tempoFactors, shortestFirstEpochs } = this.#session.config;
    return planBatches(this.#train.utterances, {
      ...{ seed, epoch, speedFactors, tempoFactors, maxBatchUtterances, maxBatchSeconds: this.maxBatchSeconds },
      augmentation: this.#augmentation,
      order: epoch < shortestFirstEpochs ? "shortest-first" : "shuffled",
    });
  }

  /** What was done, what is left of the epoch, and what comes after it: batches that could not be loaded make no step. */
  countSteps({ batches }: BatchPlan): void {
    const { progress, config } = this.#session;
    const left = progress.epoch >= config.epochs ? 0 : this.#stepsIn(batches.length - progress.batch);
    this.#totalSteps = progress.step + left + this.#planned.from(progress.epoch + 1);
  }

  /** With the part of the epoch under way. */
  epochsDone({ batches }: BatchPlan): number {
    const { progress } = this.#session;
    return progress.epoch + progress.batch / batches.length;
  }

  learningRate(plan: BatchPlan): number {
    const { config, progress } = this.#session;
    const epochs = this.epochsDone(plan);
    const totalSteps = this.#planned.from(0);
    return learningRateAt(
      { epochs, share: this.#clock.share(epochs), totalSteps },
      { ...config.schedule, learningRate: config.learningRate, plateauScale: progress.plateau.scale },
    );
  }

  #stepsIn(numBatches: number): number {
    return Math.ceil(numBatches / this.#session.config.accumulateBatches);
  }
}
