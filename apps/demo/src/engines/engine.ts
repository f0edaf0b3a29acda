/** What recognises: this machine, or the server that the page came from. */

import type { HeardSegment } from "@deepspeech-ts/recognizer/web";
import type { SpokenWord } from "@deepspeech-ts/speech";
import type { Recording } from "../sound/recording.js";
import type { Tokens } from "../timeline/tokens.js";

export interface Settings {
  readonly isGreedy: boolean;
  readonly hotWords: readonly string[];
}

export interface Answer {
  readonly text: string;
  readonly words: readonly SpokenWord[];
  readonly durationSeconds: number;
}

export interface Segment {
  readonly text: string;
  readonly words: readonly SpokenWord[];
}

export interface Listener {
  onSegment(segment: Segment): void;
  /** Where the engine tells them. */
  onEmissions(heard: HeardSegment): void;
}

export type Live = { readonly kind: "partial"; readonly text: string } | ({ readonly kind: "segment" } & Segment);

export interface LiveSound {
  readonly sound: AsyncIterable<Float32Array>;
  readonly sampleRate: number;
}

export interface Engine {
  /** How it runs, for the page's foot. */
  readonly description: string;
  /** For what it will say of letters; absent where it tells nothing of them. */
  makeTokens(): Tokens | undefined;
  transcribe(recording: Recording, settings: Settings, listener: Listener): Promise<Answer>;
  listen(live: LiveSound, settings: Settings): AsyncIterable<Live>;
  /** When the words of a text are said. */
  align(recording: Recording, text: string): Promise<Answer>;
}
