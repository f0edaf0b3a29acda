/** <deepspeech-recorder>, which importing this defines, and a SpeechRecognition on our model: see docs/browser.md. */
import { DeepspeechRecorder } from "./recorder.js";

export type { SpokenWord } from "@deepspeech-ts/speech";
export type { SpokenPartial, SpokenSegment } from "./heard.js";
export {
  DeepspeechRecorder,
  type RecorderEvents,
  type RecorderFailure,
  type RecorderResult,
  type RecorderState,
} from "./recorder.js";
export {
  ModelSpeechRecognition,
  type RecognitionAlternative,
  type RecognitionErrorEvent,
  type RecognitionEvent,
  type RecognitionPhrase,
  type RecognitionResult,
  type SpeechRecognitionSource,
  speechRecognitionOf,
} from "./speech-recognition.js";

declare global {
  interface HTMLElementTagNameMap {
    "deepspeech-recorder": DeepspeechRecorder;
  }
}

// Bundles of one page may each have brought it.
if (globalThis.customElements?.get("deepspeech-recorder") === undefined) {
  globalThis.customElements?.define("deepspeech-recorder", DeepspeechRecorder);
}
