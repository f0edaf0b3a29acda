/**
 * What a run's log tells, gathered line by line: a run that is watched grows here as its log does.
 */
import type { EvaluationSummary } from "../training/events.js";
import type { LoggedEvent, LoggedEventOf } from "../training/logging/logged-event.js";
import type { ErrorRates, Evaluation, RunSummary } from "./page/api-types.js";
import { finiteOrNull, StepCurvesBuilder } from "./step-curves.js";

const SHOWN_FAILURES = 20;
/** No step takes longer. */
const LONGEST_STEP_MILLISECONDS = 5 * 60_000;

/** What a summary says of the run's course; the rest of it is about the run's folder. */
export type RunCourse = Omit<
  RunSummary,
  "id" | "experiment" | "version" | "folder" | "state" | "ending" | "colour" | "startedAt" | "changedAt" | "revision"
>;

/** What a run is measured on. */
export type MeasuredCorpus = "dev" | "test";

/** The newest measurement of its kind. */
export interface Measured {
  corpus: MeasuredCorpus;
  title: string;
  summary: EvaluationSummary;
}

const ENDINGS = {
  epochs: "all epochs are done",
  time: "its time was up",
  patience: "dev stopped improving",
  stopped: "stopped by hand",
} as const;

export class RunHistory {
  readonly curves = new StepCurvesBuilder();
  readonly evaluations: Evaluation[] = [];
  test: Measured | null = null;
  /** Where the sound of utterances is that were among the worst, by their ids, which dev and test may share. */
  readonly audioPaths = { dev: new Map<string, string>(), test: new Map<string, string>() };
  numSkippedSteps = 0;
  numFailures = 0;
  readonly failures: { id: string; reason: string }[] = [];
  /** How the run ended; null while it goes on. */
  end: { isFinished: boolean; ending: string } | null = null;
  /** When the first line was written, in milliseconds since 1970; null before it. */
  startedAt: number | null = null;

  #numParameters: number | null = null;
  #epochs: number | null = null;
  #lastStep: LoggedEventOf<"step"> | null = null;
  #totalSteps: number | null = null;
  #best: RunSummary["best"] = null;
  readonly #clock = new TrainingClock();
  #newest: Measured | null = null;
  #averaged: Measured | null = null;
  #bestMeasured: Measured | null = null;

  /** What was heard, that with the best weights first: the figures of a run are theirs. Each measurement once. */
  get measured(): Measured[] {
    const best = this.#bestMeasured;
    const titled = best && { ...best, title: `${best.title}: the best` };
    const others = [this.#newest, this.#averaged].filter((measured) => measured !== best);
    return [titled, ...others, this.test].filter((measured) => measured !== null);
  }

  add(event: LoggedEvent): void {
    const time = Date.parse(event.time);
    this.startedAt ??= finiteOrNull(time);
    this.#clock.tick(time);
    if (event.kind === "start") this.#start(event);
    else if (event.kind === "step") this.#step(event);
    else if (event.kind === "epoch") this.#epoch(event);
    else if (event.kind === "averaged") this.#average(event);
    else if (event.kind === "test") this.test = this.#measured("test", "with the best checkpoint", event.test);
    else if (event.kind === "failure") this.#failure(event);
    else if (event.kind === "finished") this.#finish(event);
  }

  course(): RunCourse {
    const step = this.#lastStep;
    const evaluation = this.evaluations.at(-1);
    return {
      numParameters: this.#numParameters,
      epoch: step?.epoch ?? 0,
      epochs: this.#epochs,
      step: step?.step ?? 0,
      totalSteps: this.#totalSteps,
      etaSeconds: step && !this.end ? finiteOrNull(step.etaSeconds) : null,
      elapsedHours: this.#clock.hours,
      audioSecondsPerSecond: step && finiteOrNull(step.audioSecondsPerSecond),
      best: this.#best,
      trainLoss: evaluation?.trainLoss ?? null,
      devLoss: evaluation?.devLoss ?? null,
      test: this.test && ratesOf(this.test.summary),
    };
  }

  #start({ numParameters, epochs, totalSteps }: LoggedEventOf<"start">): void {
    this.end = null;
    this.#numParameters = numParameters;
    this.#epochs = epochs;
    this.#totalSteps = totalSteps;
  }

  #step(event: LoggedEventOf<"step">): void {
    this.#lastStep = event;
    this.#totalSteps = event.totalSteps;
    if (event.skipped) this.numSkippedSteps++;
    const { step, loss, learningRate, audioSecondsPerSecond } = event;
    const epoch = this.#epochAt(event);
    this.curves.add({ step, epoch, hours: this.#clock.hours, loss, learningRate, audioSecondsPerSecond });
  }

  /** Epochs done at a step; all epochs of a run have about the same number of steps. */
  #epochAt({ epoch, step, totalSteps }: LoggedEventOf<"step">): number {
    if (!this.#epochs) return epoch;
    const before = this.evaluations.findLast((evaluation) => evaluation.epoch === epoch - 1);
    const share = before && (step - before.step) / (totalSteps / this.#epochs);
    return share === undefined ? (step / totalSteps) * this.#epochs : epoch - 1 + Math.min(1, share);
  }

  #epoch({ epoch, epochs, step, trainLoss, dev, isBest, elapsedSeconds }: LoggedEventOf<"epoch">): void {
    const rates = ratesOf(dev);
    this.#clock.set(elapsedSeconds);
    const losses = { trainLoss: finiteOrNull(trainLoss), devLoss: finiteOrNull(dev.loss ?? Number.NaN) };
    this.evaluations.push({ epoch, step, hours: this.#clock.hours, ...losses, ...rates, isBest });
    this.#epochs = epochs;
    this.#newest = this.#measured("dev", `after epoch ${epoch}`, dev);
    if (isBest) this.#noteBest(this.#newest, `epoch ${epoch}`);
  }

  #average({ epochs, dev, isBest }: LoggedEventOf<"averaged">): void {
    const of = `the average of epochs ${epochs.join(", ")}`;
    this.#averaged = this.#measured("dev", `with ${of}`, dev);
    if (isBest) this.#noteBest(this.#averaged, of);
  }

  #noteBest(measured: Measured, of: string): void {
    this.#best = { ...ratesOf(measured.summary), of };
    this.#bestMeasured = measured;
  }

  #measured(corpus: MeasuredCorpus, how: string, summary: EvaluationSummary): Measured {
    for (const { id, audioPath } of summary.worst) this.audioPaths[corpus].set(id, audioPath);
    return { corpus, title: `${corpus}, ${how}`, summary };
  }

  #failure({ id, reason }: LoggedEventOf<"failure">): void {
    this.numFailures++;
    if (this.failures.length < SHOWN_FAILURES) this.failures.push({ id, reason });
  }

  #finish({ reason }: LoggedEventOf<"finished">): void {
    this.end = { isFinished: reason !== "stopped", ending: ENDINGS[reason] };
  }
}

function ratesOf({ rates: { wer, cer } }: EvaluationSummary): ErrorRates {
  return { wer, cer };
}

/**
 * Hours of a run, from the times in its log and from what the run says after each epoch. A run that is stopped and
 * resumed leaves a gap in the times, which is no training: so little of any gap counts.
 */
class TrainingClock {
  hours = 0;
  #time = Number.NaN;

  tick(time: number): void {
    const gap = Math.max(0, time - this.#time);
    if (Number.isFinite(gap)) this.hours += Math.min(gap, LONGEST_STEP_MILLISECONDS) / 3_600_000;
    this.#time = time;
  }

  /** Never backwards: curves are drawn over these hours. */
  set(elapsedSeconds: number): void {
    if (elapsedSeconds / 3600 > this.hours) this.hours = elapsedSeconds / 3600;
  }
}
