/** Speech recognition in a page with a model bundle: see docs/browser.md. */

export type { AudioBytes, AudioInput, AudioSamples } from "../core/audio-input.js";
export type { HeardSegment } from "../core/long-audio.js";
export type {
  AlignOptions,
  AudioOptions,
  DecodingOptions,
  RequestOptions,
  TranscribeOptions,
} from "../core/options.js";
export type { StreamEvent, StreamInput, StreamOptions } from "../core/stream-options.js";
export type { Alternative, RecordingAlignment, Segment, Transcription } from "../core/transcription.js";
export { RecognizerError, type RecognizerErrorCode } from "../errors.js";
export type { KeptBundle, LoadProgress } from "./fetch-bundle.js";
export {
  type MicrophoneEvent,
  type MicrophoneOptions,
  type MicrophoneSound,
  microphoneSound,
  openMicrophone,
} from "./microphone.js";
export {
  Recognizer,
  type Runtime,
  type WebAudioInput,
  type WebLoadOptions,
  type WebStreamOptions,
} from "./recognizer.js";
