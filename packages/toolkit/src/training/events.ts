/**
 * What a training run tells the thread that started it, and its log. Plain data: it crosses a worker's boundary, and
 * is written to the run's log as it is.
 */
import type { CorpusErrorRates, FalseAlarms } from "@deepspeech-ts/speech";
import type { CorpusFacts } from "../acoustic-model/index.js";
import type { Outlook } from "./run-length.js";

export type { CorpusFacts };

export interface TranscriptSample {
  id: string;
  reference: string;
  hypothesis: string;
}

/** An utterance that was heard badly, with what is needed to listen to it. */
export interface WorstUtterance extends TranscriptSample {
  audioPath: string;
  durationSeconds: number;
  /** Substitutions, deletions and insertions of words. */
  wordErrors: number;
}

/** Error rates of one evaluation. */
export interface EvaluationSummary {
  rates: CorpusErrorRates;
  /** Averaged as that of training is. Default: CTC can align none of the utterances. */
  loss?: number | undefined;
  /** Of recordings without words. Default: there are none. */
  falseAlarms?: FalseAlarms;
  /** The same few utterances each time. */
  samples: TranscriptSample[];
  /** Those with the most word errors for each word, worst first. */
  worst: WorstUtterance[];
}

/** What is another since a run was last started: a setting by its dotted key, or "train data" and "dev data". */
export interface ConfigChange {
  key: string;
  /** As JSON, or in words. */
  was: string;
  is: string;
}

/** What a run tells, as plain data. */
export type TrainingEvent =
  | { kind: "data"; train: CorpusFacts; dev: CorpusFacts; test: CorpusFacts | null }
  | {
      kind: "start";
      runFolder: string;
      numParameters: number;
      /** Parameters that `freeze` leaves as they are. */
      numFrozen: number;
      /** Names of parameters that a fine-tuned model did not take over. */
      freshParameters: readonly string[];
      epochs: number;
      /** Of all epochs, which is more than will be taken where the time is up before. */
      totalSteps: number;
      firstStep: number;
      /** The time that the run has. Default: as long as its epochs take. */
      maxMinutes?: number;
      /** Of a resumed run. Default: none. */
      changes?: readonly ConfigChange[];
    }
  | {
      /** The plan of the first epoch, and the largest batch, which was tried. */
      kind: "plan";
      numBatches: number;
      /** The part of all batches that is padding, from 0 to 1. */
      paddingWaste: number;
      /** `seconds` is the longest utterance's. */
      largest: { utterances: number; seconds: number };
      /** The longest that a batch may be, padding counted. */
      maxBatchSeconds: number;
      /** Steps of the whole run. */
      totalSteps: number;
      /** Whether they take the model off CTC's plateau; null where it has learned to spell before. */
      outlook: Outlook | null;
    }
  /** Something that a person should know; training goes on. */
  | { kind: "warning"; message: string }
  | {
      kind: "step";
      /** Both counted from 1. */
      epoch: number;
      step: number;
      totalSteps: number;
      /** CTC on the model's output. */
      loss: number;
      /** The parts of the loss besides it, each before its weight; only where there are any. */
      auxiliaryLosses?: Record<string, number>;
      learningRate: number;
      gradientNorm: number;
      /** Seconds of audio trained on for each second of this run so far, evaluation not counted. */
      audioSecondsPerSecond: number;
      etaSeconds: number;
      /** The loss or a gradient was not finite, and the weights stayed as they were. */
      skipped: boolean;
      /** Where the step was skipped: the utterances it would have trained on. */
      skippedIds?: string[];
    }
  /** A file could not be loaded; training goes on without it. The id is an utterance's, or "augmentation". */
  | { kind: "failure"; id: string; reason: string }
  | { kind: "evaluating"; corpus: "dev" | "test"; done: number; total: number }
  | {
      kind: "epoch";
      /** Counted from 1. */
      epoch: number;
      epochs: number;
      /** Steps taken when it ended. */
      step: number;
      /** NaN where every step was skipped. */
      trainLoss: number;
      /** Where time was up within the epoch: what is measured has seen a part of it. Default: all of it. */
      isPartial?: boolean;
      dev: EvaluationSummary;
      isBest: boolean;
      /** Of the whole run so far, earlier parts of a resumed run included. */
      elapsedSeconds: number;
    }
  /** The average of the best epochs' weights; where it is best, it is the run's best checkpoint. */
  | { kind: "averaged"; epochs: number[]; step: number; dev: EvaluationSummary; isBest: boolean }
  | { kind: "test"; step: number; test: EvaluationSummary }
  | {
      kind: "finished";
      /** "patience": dev stopped improving; "stopped": by Ctrl-C, and the run can be resumed. */
      reason: "epochs" | "time" | "patience" | "stopped";
      runFolder: string;
      steps: number;
      elapsedSeconds: number;
      /** `averagedEpochs` where it is the average of these; `epoch` is the best single one. */
      best: { epoch: number; wer: number; cer: number; averagedEpochs?: number[] } | null;
    };
