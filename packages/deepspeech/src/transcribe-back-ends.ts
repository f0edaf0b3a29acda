/**
 * The two ways to transcribe, behind one interface. A bundle runs in the recogniser: several recordings at a time, long
 * ones cut at pauses and only speech heard, no libtorch. A checkpoint runs in libtorch, each recording in one piece, exactly as `evaluate`
 * hears it; on a graphics card too, and models that no bundle can hold.
 */
import type { TranscribeOptions } from "@deepspeech-ts/recognizer";
import type { RecognitionOptions } from "@deepspeech-ts/toolkit/internal/evaluation/recognition.js";
import {
  runTranscription,
  type TranscriptionResult,
} from "@deepspeech-ts/toolkit/internal/evaluation/run-transcription.js";
import { complaintOf, type OpenBundle } from "./bundle-recognizer.js";
import { workInOrder } from "./in-order.js";
import { nameOf, type Recording } from "./transcribe-inputs.js";

export interface Listener {
  /** Called once for each recording, in their order. */
  onResult(result: TranscriptionResult): void;
  /** Called with the seconds of sound that have been heard of all recordings. */
  onHeard(seconds: number): void;
  /** Aborting ends the work in good order: what is done is told, and the promise resolves. */
  signal: AbortSignal;
}

export interface Transcriber extends AsyncDisposable {
  transcribe(recordings: readonly Recording[], listener: Listener): Promise<void>;
}

export function checkpointTranscriber(options: RecognitionOptions & { wordTimes: boolean }): Transcriber {
  return {
    async transcribe(files, { onResult, onHeard, signal }) {
      let seconds = 0;
      const takeResult = (result: TranscriptionResult) => {
        if ("text" in result) seconds += result.durationSeconds;
        onHeard(seconds);
        onResult(result);
      };
      await runTranscription({ ...options, files, signal, onResult: takeResult });
    },
    async [Symbol.asyncDispose]() {},
  };
}

export interface BundleOptions {
  wordTimes: boolean;
  /** How many recordings are worked on at a time. */
  jobs: number;
}

/** Disposing it closes the bundle. */
export function bundleTranscriber(bundle: OpenBundle, { wordTimes, jobs }: BundleOptions): Transcriber {
  return {
    async transcribe(recordings, { onResult, onHeard, signal }) {
      const heard = new Float64Array(recordings.length);
      const hear = (index: number, seconds: number) => {
        heard[index] = seconds;
        onHeard(heard.reduce((sum, each) => sum + each, 0));
      };
      await workInOrder(recordings, { jobs, onResult, signal }, async (recording, index) => {
        const onSegment = ({ endSeconds }: { endSeconds: number }) => hear(index, endSeconds);
        const result = await transcribe(recording, bundle, { wordTimes, onSegment, signal });
        if (result && "text" in result) hear(index, result.durationSeconds);
        return result;
      });
    },
    [Symbol.asyncDispose]: () => bundle[Symbol.asyncDispose](),
  };
}

type Wishes = Pick<TranscribeOptions, "wordTimes" | "onSegment"> & { signal: AbortSignal };

/** Undefined where it was aborted. */
async function transcribe(
  recording: Recording,
  { recognizer, decoding }: OpenBundle,
  wishes: Wishes,
): Promise<TranscriptionResult | undefined> {
  const file = nameOf(recording);
  const input = typeof recording === "string" ? recording : recording.bytes;
  try {
    const transcription = await recognizer.transcribe(input, { ...decoding, ...wishes, fileName: file });
    const { text, durationSeconds, timedWords } = transcription;
    return { file, text, durationSeconds, ...(timedWords && { timedWords: [...timedWords] }) };
  } catch (error) {
    if (wishes.signal.aborted) return undefined;
    return { file, error: complaintOf(file, error) };
  }
}
