/** Tunes decoding for a checkpoint and a language model, in a worker thread. */
import type { ConfidenceFit } from "@deepspeech-ts/speech";
import type { LeftOut } from "../data/types.js";
import { runTask, type TaskOptions } from "../worker-task.js";
import type { RecognitionOptions } from "./recognition.js";
import type { Trial } from "./tune.js";

/** What is tuned, and on what. */
export interface TuningRequest extends RecognitionOptions {
  /** Development data: folders in LibriSpeech's layout, or manifests. */
  data: string[];
  /** The language model's file. */
  lm: string;
  /** Prefixes kept in each trial. */
  beamSize: number;
}

/** What tuning tells as it goes. */
export type TuningEvent =
  | { kind: "emissions"; done: number; total: number }
  | { kind: "leftOut"; leftOut: LeftOut[] }
  | { kind: "trial"; trial: Trial; done: number }
  | { kind: "best"; best: Trial; greedy: Trial["rates"]; confidence: ConfidenceFit };

/** The events tell trials as they come, and the best at the end. */
export function runTuning(request: TuningRequest, options: TaskOptions<TuningEvent>): Promise<void> {
  return runTask(new URL("./tuning-worker.js", import.meta.url), request, options);
}
