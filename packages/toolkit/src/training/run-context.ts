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
import { checkSameWeights } from "./team/same-weights.js";
import type { Team } from "./team/team.js";

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
  /** Rank 0's alone. */
  log: RunLog | null;
  host: TrainingHost;
  /** Of a resumed run: what is another than before. Default: nothing. */
  changes?: readonly ConfigChange[];
}

export class RunContext implements TrainingParts {
  readonly session: TrainingSession;
  readonly loader: AudioLoader;
  readonly corpora: Corpora;
  readonly augmentation: PreparedAugmentation;
  readonly log: RunLog | null;
  readonly host: TrainingHost;
  readonly changes: readonly ConfigChange[];
  readonly clock: RunClock;
  readonly plan: RunPlan;
  readonly setbacks: Setbacks;
  readonly team: Team;
  #savedAtSeconds: number;
  #stopsTogether = false;

  constructor({ session, loader, corpora, augmentation, log, host, changes = [] }: TrainingParts) {
    this.session = session;
    this.team = session.team;
    this.loader = loader;
    this.corpora = corpora;
    this.augmentation = augmentation;
    this.log = log;
    this.host = host;
    this.changes = changes;
    const { config, progress } = session;
    this.clock = new RunClock(config, progress.elapsedSeconds);
    if (this.team.size > 1) this.clock.agree(progress.elapsedSeconds);
    this.plan = new RunPlan({ session, train: corpora.train, augmentation, clock: this.clock });
    const failure = (id: string, reason: string) => this.emit({ kind: "failure", id, reason });
    this.setbacks = new Setbacks(corpora.train.utterances.length, failure);
    this.#savedAtSeconds = progress.elapsedSeconds;
  }

  /** Several ranks stop together, once they have spoken of it. */
  get shouldStop(): boolean {
    return this.team.size === 1 ? this.host.shouldStop() : this.#stopsTogether;
  }

  /** Whether some rank was asked to stop, as far as this one knows. */
  get isAskedToStop(): boolean {
    if (this.team.size === 1) return this.host.shouldStop();
    if (this.host.shouldStop()) this.team.askToStop();
    return this.team.isAskedToStop;
  }

  /** Everybody's values, by rank; with them all agree on the time, and on whether to stop. */
  gather<T>(value: T): T[] {
    if (this.team.size === 1) return [value];
    const all = this.team.gather({ value, stop: this.host.shouldStop(), seconds: this.clock.ownSeconds });
    this.#stopsTogether ||= all.some(({ stop }) => stop);
    this.clock.agree(all[0]!.seconds);
    return all.map((each) => each.value);
  }

  emit(event: TrainingEvent): void {
    this.log?.handle(event);
    this.host.emit(event);
  }

  saveLast(): void {
    checkSameWeights(this.session);
    // First the log: what a checkpoint has done, the log of a run that is killed right after it has told.
    this.log?.flush();
    this.session.saveLast();
    this.#savedAtSeconds = this.clock.elapsedSeconds;
  }

  /** Within an epoch: where the last checkpoint is older than `saveMinutes`. */
  saveLastIfDue(): void {
    const { progress, config } = this.session;
    if (progress.elapsedSeconds - this.#savedAtSeconds >= 60 * config.saveMinutes) this.saveLast();
  }
}
