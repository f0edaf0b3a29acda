/** Transcribes recordings in a worker thread. */
import type { TimedWord } from "@deepspeech-ts/speech";
import { runTask } from "../worker-task.js";
import type { RecognitionOptions } from "./recognition.js";

/** A recording that has no path: what messages and results call it, and the bytes of its file. */
export interface NamedBytes {
  name: string;
  bytes: Uint8Array;
}

export interface TranscriptionRequest extends RecognitionOptions {
  /** Audio files, by their paths or as bytes. */
  files: readonly (string | NamedBytes)[];
  /** Tell the words' times; those of a greedy text come of aligning it. Default: false. */
  wordTimes?: boolean;
}

/** One for each file, in order: its text, or why it could not be read. */
export type TranscriptionResult =
  | { file: string; text: string; durationSeconds: number; timedWords?: TimedWord[] }
  | { file: string; error: string };

/** How `runTranscription` transcribes, and who is told. */
export interface TranscriptionOptions extends TranscriptionRequest {
  onResult: (result: TranscriptionResult) => void;
  signal?: AbortSignal;
}

/**
 * Transcribes files one after another; one that cannot be read does not stop the others.
 * @throws UserError for a checkpoint that cannot be read
 */
export function runTranscription({ onResult, signal, ...request }: TranscriptionOptions): Promise<void> {
  const worker = new URL("./transcription-worker.js", import.meta.url);
  return runTask<TranscriptionRequest, TranscriptionResult>(worker, request, {
    onEvent: onResult,
    ...(signal && { signal }),
  });
}
