/** How the model hears a live segment: all ways settle frames from its beginning on, and tell what they say of the rest. */
import type { Emissions } from "@deepspeech-ts/speech";
import type { SampleBuffer } from "./sample-buffer.js";

/** A segment that has not ended. Samples count from the stream's start, frames from the segment's. */
export interface LiveHearing {
  readonly startSample: number;
  /** Up to which frame emissions will not change, after each step that settled some. */
  readonly settledEnds: readonly number[];
  /** The first sample of the stream that will be heard again. */
  readonly neededFrom: number;
  /** Hears what came, up to a sample; answers with all of the segment's frames that are known then. */
  hear(buffer: SampleBuffer, endSample: number): Promise<Emissions>;
  /** As `hear`, where the segment ends at the sample; more may have been heard already. */
  finish(buffer: SampleBuffer, endSample: number): Promise<Emissions>;
  /** Seconds for which the model has said nothing; 0 where that is not known. */
  readonly silentSeconds: number;
}
