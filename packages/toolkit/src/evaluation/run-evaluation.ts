/** Evaluates a checkpoint in a worker thread. */
import { runTask } from "../worker-task.js";
import type { EvaluationResult } from "./evaluate.js";
import type { RecognitionOptions } from "./recognition.js";
import type { UtteranceEvidence } from "./report/utterance-evidence.js";
import type { InvarianceReport } from "./verify-invariance.js";

export interface EvaluationRequest extends RecognitionOptions {
  /** Folders in LibriSpeech's layout, or manifests. */
  data: string[];
  /** Seconds of audio in a batch, padding counted. Default: 160. It does not change any result. */
  maxBatchSeconds?: number;
  /** Score everything again, each utterance alone and in random company, and tell of differences. Default: false. */
  verifyInvariance?: boolean;
  /** Give sound, spectrogram and probabilities of so many of the worst utterances. Default: 0. */
  evidenceOfWorst?: number;
}

/** An evaluation, and what else was asked for. */
export interface EvaluationRun extends EvaluationResult {
  /** Of the worst utterances, the worst first; those over a minute long are not among them. */
  evidence: UtteranceEvidence[];
  /** Present where `verifyInvariance` asked for it. */
  invariance?: InvarianceReport;
}

export type EvaluationEvent =
  | { kind: "progress"; done: number; total: number }
  | { kind: "result"; result: EvaluationRun };

/** How `runEvaluation` evaluates, and who is told. */
export interface EvaluationOptions extends EvaluationRequest {
  /** Counts utterances through every time that they are scored. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Error rates and transcripts of a corpus.
 * @throws UserError for a checkpoint or data that cannot be read; the signal's reason where it was aborted
 */
export async function runEvaluation({ onProgress, signal, ...request }: EvaluationOptions): Promise<EvaluationRun> {
  let result: EvaluationRun | undefined;
  const onEvent = (event: EvaluationEvent) => {
    if (event.kind === "result") result = event.result;
    else onProgress?.(event.done, event.total);
  };
  const worker = new URL("./evaluation-worker.js", import.meta.url);
  await runTask<EvaluationRequest, EvaluationEvent>(worker, request, { onEvent, ...(signal && { signal }) });
  signal?.throwIfAborted();
  return result!;
}
