/** Speech recognition in Node with a model bundle: see docs/recognizer.md. */

export type { AudioBytes, AudioInput, AudioSamples } from "./core/audio-input.js";
export type { HeardSegment } from "./core/long-audio.js";
export type { ModelClient } from "./core/model-client.js";
export type {
  AlignOptions,
  AudioOptions,
  Decoding,
  DecodingOptions,
  RequestOptions,
  TranscribeOptions,
} from "./core/options.js";
export { DECODINGS } from "./core/options.js";
export { runSteps } from "./core/step-runs.js";
export { StepUtterance } from "./core/step-utterance.js";
export type { StreamEvent, StreamInput, StreamOptions } from "./core/stream-options.js";
export type { TensorData, Tensors } from "./core/tensor-data.js";
export type { Alternative, RecordingAlignment, Segment, Transcription } from "./core/transcription.js";
export { RecognizerError, type RecognizerErrorCode } from "./errors.js";
export { openBundleFile } from "./node/bundle-file.js";
export { startModelProcess } from "./node/model-process.js";
export { type LoadOptions, Recognizer } from "./node/recognizer.js";
