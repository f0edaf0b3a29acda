/** How the model hears a live segment: all ways settle frames from its beginning on, and tell what they say of the rest. */
import type { Emissions } from "@deepspeech-ts/speech";
import type { SampleBuffer } from "./sample-buffer.js";

/** What a segment's hearing brought: frames that follow those settled before. */
export interface Heard {
  /** Frames that will not change, as they were settled. */
  readonly settled: readonly Emissions[];
  /** What follows them, for now. */
  readonly tail: Emissions;
}

/** A segment that has not ended. Samples count from the stream's start. */
export interface LiveHearing {
  readonly startSample: number;
  /** The first sample of the stream that will be heard again. */
  readonly neededFrom: number;
  /** Hears what came, up to a sample. */
  hear(buffer: SampleBuffer, endSample: number): Promise<Heard>;
  /** As `hear`, where the segment ends at the sample; more may have been heard already. */
  finish(buffer: SampleBuffer, endSample: number): Promise<Heard>;
  /** Seconds for which the model has said nothing; 0 where that is not known. */
  readonly silentSeconds: number;
}
