/** What a live stream takes and gives. */
import type { AudioBytes, AudioSamples } from "./audio-input.js";
import {
  DECODING_CHECKS,
  type DecodingOptions,
  func,
  positive,
  REQUEST_CHECKS,
  type RequestOptions,
  sampleRate,
  text,
} from "./options.js";
import type { Segment } from "./transcription.js";

/** A piece of sound of any size: samples of one channel, from -1 to 1 or of 16 bits, or bytes as `encoding` says. */
export type StreamPiece = AudioSamples | AudioBytes;

/** Node's readable streams and those of the web are such sources; one piece or a Blob may stand for a whole source. */
export type StreamInput = AsyncIterable<StreamPiece> | Iterable<StreamPiece> | StreamPiece | Blob;

export interface StreamOptions extends DecodingOptions, RequestOptions {
  /** Samples a second of raw samples: 1000 to 384,000. Default: the model's. */
  sampleRate?: number | undefined;
  /**
   * What bytes are: "pcm16", samples of one channel in 16 bits, little-endian; or "file", a sound file of any format
   * that is still being written. Default: "pcm16".
   */
  encoding?: "pcm16" | "file" | undefined;
  /** What error messages call the sound. Default: "the stream". */
  fileName?: string | undefined;
  /** Called with the seconds of sound that have come of the stream in all, as it is decoded. */
  onSound?: ((seconds: number) => void) | undefined;
  /** Sound between two partial results. Less is sooner and costs more; see docs/recognizer.md. Default 0.5; 0.2 of a model that streams. */
  chunkSeconds?: number | undefined;
  /** Sound before what is new that the model hears again each time; one that streams hears nothing twice. Default 4. */
  contextSeconds?: number | undefined;
  /** Sound that must follow before a frame is settled; of a model that streams, its own. Default 1. */
  lookaheadSeconds?: number | undefined;
  /** Silence that ends a segment. Default 0.8. */
  endpointSeconds?: number | undefined;
  /** A segment of this length is ended without a pause, at its quietest moment of late. Default 30. */
  maxSegmentSeconds?: number | undefined;
}

/** What live recognition tells: text that may still change, and the final text of a segment. */
export type StreamEvent =
  | {
      readonly kind: "partial";
      /** Counts the segments from 0. */
      readonly segment: number;
      /** Words that no later result of this segment changes. */
      readonly stable: string;
      /** What follows them, for now; its last word may be unfinished. */
      readonly tail: string;
      readonly startSeconds: number;
      /** How much of the stream had been heard. */
      readonly heardSeconds: number;
    }
  /**
   * A segment's whole text, once a pause, its length or the stream's end has ended it. It starts with all its stable words.
   * It is empty where words were shown, and none remain.
   */
  | ({ readonly kind: "final"; readonly segment: number; readonly heardSeconds: number } & Segment);

const encoding = {
  wanted: '"pcm16" or "file"',
  holds: (value: unknown) => value === "pcm16" || value === "file",
};

export const STREAM_CHECKS = {
  ...REQUEST_CHECKS,
  ...DECODING_CHECKS,
  sampleRate,
  encoding,
  fileName: text,
  onSound: func,
  chunkSeconds: positive,
  contextSeconds: positive,
  lookaheadSeconds: positive,
  endpointSeconds: positive,
  maxSegmentSeconds: positive,
};

/** Of a model that streams, to which a step more costs little. */
export const STEPWISE_CHUNK_SECONDS = 0.2;

export const STREAM_DEFAULTS = {
  chunkSeconds: 0.5,
  contextSeconds: 4,
  lookaheadSeconds: 1,
  endpointSeconds: 0.8,
  maxSegmentSeconds: 30,
};
