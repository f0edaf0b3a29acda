/**
 * What the recogniser needs of the place where it runs. Node gives it with worker threads (src/node); a browser can
 * with web workers.
 */
import type { Emissions, TextAlignment } from "@deepspeech-ts/speech";
import type { ResolvedAudio } from "./audio-input.js";
import type { Cancellation } from "./cancellation.js";
import type { Detection, DetectorSound } from "./detector-runs.js";
import type { LiveSearch } from "./live-search.js";
import type { FoundText, SearchSettings } from "./search.js";
import type { Step } from "./step-runs.js";

export interface OpenAudioOptions {
  /** What error messages call the sound. */
  readonly fileName: string;
  /** Samples a second of raw samples. */
  readonly inputSampleRate: number;
  /** Samples a second of the result. */
  readonly sampleRate: number;
  readonly cancellation: Cancellation;
}

/** Nothing here blocks the caller's thread for longer than it takes to copy what is passed. */
export interface Platform {
  /** Runs the model once over a batch; one result for each waveform. */
  infer(waveforms: readonly Float32Array<ArrayBuffer>[]): Promise<Emissions[]>;
  /** Runs the graph for steps once, over rows of equally many samples; of a bundle that has one. */
  step(steps: readonly Step[]): Promise<Emissions[]>;
  /** Runs the graph that detects speech once, over equally many samples of several sounds. */
  detectSpeech(sounds: readonly DetectorSound[]): Promise<Detection[]>;
  /** `searchText`, which ends when it is cancelled */
  search(emissions: Emissions, settings: SearchSettings, cancellation: Cancellation): Promise<FoundText[]>;
  /** Begins the search over a live segment, by a beam. */
  searchLive(settings: SearchSettings): LiveSearch;
  /** `alignText`, which ends when it is cancelled */
  align(emissions: Emissions, text: string, cancellation: Cancellation): Promise<TextAlignment>;
  /** One channel at the model's rate, in pieces of a few seconds, decoded as they are asked for. */
  openAudio(input: ResolvedAudio, options: OpenAudioOptions): AsyncIterable<Float32Array<ArrayBuffer>>;
  /** The path that a `file:` URL names. */
  pathOf(url: URL): string;
  /** Stops the threads; what is under way is rejected. */
  close(): Promise<void>;
}
