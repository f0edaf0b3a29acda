/** What the dashboard's server tells its page, as JSON. */

export type RunState = "running" | "finished" | "stopped";

export interface ErrorRates {
  wer: number;
  cer: number;
}

/** A run as the list and the results show it. What is not known yet is null. */
export interface RunSummary {
  /** Stands for the run in addresses; stays the same as long as its folder does. */
  id: string;
  experiment: string;
  /** "version_3" */
  version: string;
  /** The run's folder, absolute. */
  folder: string;
  state: RunState;
  /** Why it ended, in words; null while it runs. */
  ending: string | null;
  /** A number for each run, in the order they began: the page's colours follow it. */
  colour: number;
  /** Milliseconds since 1970: when the run began, and when it last said something. */
  startedAt: number;
  changedAt: number;
  /** Grows with each thing that is learnt of the run. */
  revision: number;
  numParameters: number | null;
  epoch: number;
  epochs: number | null;
  step: number;
  totalSteps: number | null;
  etaSeconds: number | null;
  elapsedHours: number;
  /** Seconds of audio trained on in a second. */
  audioSecondsPerSecond: number | null;
  /** `of` is "epoch 7", or "the average of epochs 5, 6, 7" where averaged weights are best. */
  best: (ErrorRates & { of: string }) | null;
  trainLoss: number | null;
  devLoss: number | null;
  test: ErrorRates | null;
}

/** Columns of equal length, one place for each stretch of steps. */
export interface StepCurves {
  /** The last step of the stretch, and where in the run it lies. */
  step: number[];
  epoch: number[];
  hours: number[];
  /** The mean over the stretch; null where no loss was finite. */
  loss: (number | null)[];
  /** As they stood at the end of the stretch. */
  learningRate: (number | null)[];
  audioSecondsPerSecond: (number | null)[];
}

export interface Evaluation extends ErrorRates {
  epoch: number;
  step: number;
  hours: number;
  trainLoss: number | null;
  devLoss: number | null;
  isBest: boolean;
}

export interface TranscribedUtterance {
  id: string;
  /** The words said over the words heard: HTML in which all that came from data is escaped. */
  difference: string;
}

export interface WorstRecording extends TranscribedUtterance {
  durationSeconds: number;
  wordErrors: number;
  /** Of the words said. */
  wordErrorRate: number;
  numWords: number;
  /** Where its sound is. */
  audioUrl: string;
}

/** What the newest measurement of a corpus heard. */
export interface HeardUtterances {
  /** The corpus, "dev" or "test", then what was measured: "dev, after epoch 7". */
  title: string;
  samples: TranscribedUtterance[];
  worst: WorstRecording[];
}

/** Everything that is shown of one run. */
export interface RunDetail {
  summary: RunSummary;
  curves: StepCurves;
  evaluations: Evaluation[];
  /** Of the best weights first, then of the newest epoch and of the test set: each once it has been measured. */
  heard: HeardUtterances[];
  /** Steps whose loss or gradient was not finite. */
  numSkippedSteps: number;
  /** Files that could not be loaded: how many, and the first of them. */
  numFailures: number;
  failures: { id: string; reason: string }[];
  /** Why the log cannot be read at all; null where it can. */
  problem: string | null;
  /** Lines of the log that cannot be read: how many, and the first of them. */
  numDamaged: number;
  damaged: { line: number; reason: string }[];
}

/** A key of config.json in which runs differ, with each run's value as JSON; null where a run has no such key. */
export interface ConfigDifference {
  key: string;
  values: (string | null)[];
}

export interface RunList {
  /** The folders that are searched, as they were given. */
  folders: string[];
  /** The newest first. */
  runs: RunSummary[];
}
