/** What all rooms of a training run share: its parts, its clock and its plan, and where its events and checkpoints go. */
import type { ModelCorpus } from "../acoustic-model/index.js";
import type { PreparedAugmentation } from "../data/augmentation/utterance-augmentation.js";
import type { AudioLoader } from "../data/loader.js";
import type { ConfigChange, TrainingEvent } from "./events.js";
import { RunClock } from "./run-clock.js";
import type { RunLog } from "./run-log.js";
import { RunPlan } from "./run-plan.js";
import type { TrainingSession } from "./session.js";
import { Setbacks } from "./setbacks.js";

export interface TrainingHost {
  emit(event: TrainingEvent): void;
  /** Asked between steps: true ends the run in good order. */
  shouldStop(): boolean;
}

export interface Corpora {
  train: ModelCorpus;
  dev: ModelCorpus;
  test: ModelCorpus | null;
}

export interface TrainingParts {
  session: TrainingSession;
  loader: AudioLoader;
  corpora: Corpora;
  augmentation: PreparedAugmentation;
  log: RunLog;
  host: TrainingHost;
  /** Of a resumed run: what is another than before. Default: nothing. */
  changes?: readonly ConfigChange[];
}

export class RunContext implements TrainingParts {
  readonly session: TrainingSession;
  readonly loader: AudioLoader;
  readonly corpora: Corpora;
  readonly augmentation: PreparedAugmentation;
  readonly log: RunLog;
  readonly host: TrainingHost;
  readonly changes: readonly ConfigChange[];
  readonly clock: RunClock;
  readonly plan: RunPlan;
  readonly setbacks: Setbacks;
  #savedAtSeconds: number;

  constructor({ session, loader, corpora, augmentation, log, host, changes = [] }: TrainingParts) {
    this.session = session;
    this.loader = loader;
    this.corpora = corpora;
    this.augmentation = augmentation;
    this.log = log;
    this.host = host;
    this.changes = changes;
    const { config, progress } = session;
    this.clock = new RunClock(config, progress.elapsedSeconds);
    this.plan = new RunPlan({ session, train: corpora.train, augmentation, clock: this.clock });
    const failure = (id: string, reason: string) => this.emit({ kind: "failure", id, reason });
    this.setbacks = new Setbacks(corpora.train.utterances.length, failure);
    this.#savedAtSeconds = progress.elapsedSeconds;
  }

  get shouldStop(): boolean {
    return this.host.shouldStop();
  }

  emit(event: TrainingEvent): void {
    this.log.handle(event);
    this.host.emit(event);
  }

  saveLast(): void {
    // First the log: what a checkpoint has done, the log of a run that is killed right after it has told.
    this.log.flush();
    this.session.saveLast();
    this.#savedAtSeconds = this.clock.elapsedSeconds;
  }

  /** Within an epoch: where the last checkpoint is older than `saveMinutes`. */
  saveLastIfDue(): void {
    const { progress, config } = this.session;
    if (progress.elapsedSeconds - this.#savedAtSeconds >= 60 * config.saveMinutes) this.saveLast();
  }
}
