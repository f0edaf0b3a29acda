/** Exports a checkpoint in a worker thread, because libtorch blocks the thread it works on. */
import type { BundlePrecision, BundleRates, ConfidenceFit } from "@deepspeech-ts/speech";
import type { Transcripts } from "../acoustic-model/index.js";
import type { LeftOut } from "../data/types.js";
import type { DecodingConfig } from "../evaluation/decoding-config.js";
import { runTask } from "../worker-task.js";
import type { Parity } from "./parity.js";

/** What is exported, and to where. Transcripts are made as in the model's training, by default. */
export interface ExportRequest extends Partial<Transcripts> {
  /** A .safetensors file, or a run's folder, which stands for its best checkpoint. */
  checkpoint: string;
  /** The bundle's file; with several precisions, each name gets its own before the ending: model-int8.dsb. */
  output: string;
  /** Default: fp32 alone. */
  precisions?: readonly BundlePrecision[];
  /** What the bundle decodes with; its language model becomes part of the bundle. Default: greedy. */
  decoding?: DecodingConfig;
  /** Corpora to measure each variant on. Default: the run's development data where they are still there; [] for none. */
  evaluate?: readonly string[];
  /** What others may do with the model; the bundle tells it. Default: it tells nothing. */
  license?: string;
  /** Threads for one operator. Default: as many as there are cores. */
  threads?: number;
  /** Threads that decode audio. Default: one fewer than there are cores, at most 8. */
  workers?: number;
}

/** One bundle of an export. */
export interface ExportedVariant {
  precision: BundlePrecision;
  path: string;
  /** Bytes of the whole bundle. */
  size: number;
  /** Absent where nothing was evaluated. */
  rates?: BundleRates;
  /** How the words' confidences were fitted; absent where nothing was evaluated, or decoding had a calibration. */
  confidence?: ConfidenceFit;
  parity: Parity;
}

/** What an export wrote and measured. */
export interface ExportResult {
  variants: ExportedVariant[];
  /** What was evaluated on. */
  corpora: string[];
  numUtterances: number;
  audioSeconds: number;
  leftOut: LeftOut[];
}

export type ExportEvent =
  | { kind: "progress"; precision: BundlePrecision; done: number; total: number }
  | { kind: "result"; result: ExportResult };

/** How `runExport` exports, and who is told. */
export interface ExportOptions extends ExportRequest {
  /** Counts utterances that a variant was measured on. */
  onProgress?: (precision: BundlePrecision, done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Writes the bundles, once all of them are measured: an interruption leaves nothing behind.
 * @throws UserError for a checkpoint that cannot be exported, or whose graph disagrees with it; the signal's reason
 * where it was aborted
 */
export async function runExport({ onProgress, signal, ...request }: ExportOptions): Promise<ExportResult> {
  let result: ExportResult | undefined;
  const onEvent = (event: ExportEvent) => {
    if (event.kind === "result") result = event.result;
    else onProgress?.(event.precision, event.done, event.total);
  };
  const worker = new URL("./export-worker.js", import.meta.url);
  await runTask<ExportRequest, ExportEvent>(worker, request, { onEvent, ...(signal && { signal }) });
  if (!result) signal?.throwIfAborted();
  return result!;
}
