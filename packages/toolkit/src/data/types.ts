/**
 * What the data layer speaks of: utterances and waveforms.
 */
export { MODEL_SAMPLE_RATE, type Waveform } from "@deepspeech-ts/recognizer/audio";

/** One recording and what is said in it. */
export interface Utterance {
  /** Unique in its corpus, and stable: augmentation is derived from it. */
  readonly id: string;
  /** The audio file, absolute or relative to the working folder. */
  readonly audioPath: string;
  readonly durationSeconds: number;
  /** The transcript as it was written, before normalisation. */
  readonly text: string;
  /** Who speaks; "" when unknown. */
  readonly speaker: string;
}

/** A list of utterances; on disk, one JSON object a line (see manifest.ts). */
export type Manifest = readonly Utterance[];

/** Something in a corpus that cannot be used, and why. */
export interface LeftOut {
  /** The utterance's id, or the file and line where it should have been. */
  readonly id: string;
  readonly reason: string;
}

/** A corpus as it was read. */
export interface Corpus {
  readonly utterances: Utterance[];
  readonly leftOut: LeftOut[];
}
