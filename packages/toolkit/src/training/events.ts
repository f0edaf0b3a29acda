/** What a training run tells the thread that started it. Plain data: it crosses a worker's boundary. */
import type { CorpusErrorRates } from "@deepspeech-ts/speech";
import type { CorpusFacts } from "../acoustic-model/index.js";

export type { CorpusFacts };

export interface TranscriptSample {
  id: string;
  reference: string;
  hypothesis: string;
}

/** Error rates of one evaluation; losses are means over utterances of the loss divided by the target length. */
export interface EvaluationSummary {
  rates: CorpusErrorRates;
  loss: number;
  samples: TranscriptSample[];
}

export type TrainingEvent =
  | { kind: "data"; train: CorpusFacts; dev: CorpusFacts; test: CorpusFacts | null }
  | { kind: "start"; runFolder: string; numParameters: number; epochs: number; totalSteps: number; firstStep: number }
  | {
      kind: "step";
      /** Both counted from 1. */
      epoch: number;
      step: number;
      totalSteps: number;
      loss: number;
      learningRate: number;
      gradientNorm: number;
      /** Seconds of audio trained on for each second of this run so far, evaluation not counted. */
      audioSecondsPerSecond: number;
      etaSeconds: number;
      /** The loss or a gradient was not finite, and the weights stayed as they were. */
      skipped: boolean;
    }
  /** A file could not be loaded; training goes on without it. */
  | { kind: "failure"; id: string; reason: string }
  | { kind: "evaluating"; corpus: "dev" | "test"; done: number; total: number }
  | { kind: "epoch"; epoch: number; epochs: number; trainLoss: number; dev: EvaluationSummary; isBest: boolean }
  | { kind: "test"; test: EvaluationSummary }
  | {
      kind: "finished";
      /** "stopped": by Ctrl-C; the run can be resumed. */
      reason: "epochs" | "time" | "stopped";
      runFolder: string;
      steps: number;
      elapsedSeconds: number;
      best: { epoch: number; wer: number; cer: number } | null;
    };
