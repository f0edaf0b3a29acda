/** Evaluates a checkpoint in a worker thread. */
import { runTask } from "../worker-task.js";
import type { EvaluationResult } from "./evaluate.js";
import type { RecognitionOptions } from "./recognition.js";

export interface EvaluationRequest extends RecognitionOptions {
  /** Folders in LibriSpeech's layout, or manifests. */
  data: string[];
  /** Seconds of audio in a batch, padding counted. Default: 160. It does not change any result. */
  batchSeconds?: number;
  /** Bring transcripts to the alphabet first. Default: true. */
  normalise?: boolean;
}

export type EvaluationEvent =
  | { kind: "progress"; done: number; total: number }
  | { kind: "result"; result: EvaluationResult };

export interface EvaluationOptions extends EvaluationRequest {
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Error rates and transcripts of a corpus.
 * @throws UserError for a checkpoint or data that cannot be read; the signal's reason where it was aborted
 */
export async function runEvaluation({ onProgress, signal, ...request }: EvaluationOptions): Promise<EvaluationResult> {
  let result: EvaluationResult | undefined;
  const onEvent = (event: EvaluationEvent) => {
    if (event.kind === "result") result = event.result;
    else onProgress?.(event.done, event.total);
  };
  const worker = new URL("./evaluation-worker.js", import.meta.url);
  await runTask<EvaluationRequest, EvaluationEvent>(worker, request, { onEvent, ...(signal && { signal }) });
  signal?.throwIfAborted();
  return result!;
}
