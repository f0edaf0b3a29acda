/**
 * What recognised words and stretches of sound are called outside of this project's code: the one place where names are
 * mapped. docs/recognizer.md has the table.
 *
 * In code, and in JSON of our own schemas, times are `startSeconds` and `endSeconds`. On the server's wire they are `start`
 * and `end`, as OpenAI's API names them. Either way they are seconds, to the millisecond where they are written down.
 */
import { toMilliseconds } from "./timestamp.js";

/** A stretch of sound, in seconds from the recording's or the stream's start. */
export interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A recognised word with its times, without those of its characters. */
export interface SpokenWord extends Span {
  readonly word: string;
  /** How likely the word is right, from 0 to 1. */
  readonly confidence: number;
}

/** A stretch of sound on the server's wire. */
export interface WireSpan {
  readonly start: number;
  readonly end: number;
}

/** A recognised word on the server's wire. */
export interface WireWord extends WireSpan {
  readonly word: string;
  readonly confidence: number;
}

/** What the server's live socket sends: see docs/serving.md. */
export type LiveMessage =
  | {
      readonly type: "partial";
      /** Counts the segments from 0. */
      readonly segment: number;
      readonly stable: string;
      readonly tail: string;
      readonly start: number;
      /** How many seconds of the stream had been heard. */
      readonly heard: number;
    }
  | ({
      readonly type: "final";
      readonly segment: number;
      readonly text: string;
      /** With `word_timestamps=true`. */
      readonly words?: readonly WireWord[];
    } & WireSpan)
  | { readonly type: "done"; readonly duration: number }
  | { readonly type: "error"; readonly error: { readonly message: string } };

/** The word alone, without its characters. */
export function spokenWord({ word, startSeconds, endSeconds, confidence }: SpokenWord): SpokenWord {
  return { word, startSeconds, endSeconds, confidence };
}

/** A stretch of sound as the wire has it, to the millisecond. */
export function toWireSpan({ startSeconds, endSeconds }: Span): { start: number; end: number } {
  return { start: roundSeconds(startSeconds), end: roundSeconds(endSeconds) };
}

/** A stretch of sound that came over the wire. */
export function fromWireSpan({ start, end }: WireSpan): { startSeconds: number; endSeconds: number } {
  return { startSeconds: start, endSeconds: end };
}

/** A word as the wire has it, its confidence to four decimals. */
export function toWireWord(word: SpokenWord): WireWord {
  return { word: word.word, ...toWireSpan(word), confidence: roundConfidence(word.confidence) };
}

/** A word that came over the wire. */
export function fromWireWord({ word, confidence, ...span }: WireWord): SpokenWord {
  return { word, ...fromWireSpan(span), confidence };
}

/** A stretch of sound as our own JSON has it, to the millisecond. */
export function roundSpan({ startSeconds, endSeconds }: Span): { startSeconds: number; endSeconds: number } {
  return { startSeconds: roundSeconds(startSeconds), endSeconds: roundSeconds(endSeconds) };
}

/** To the millisecond. */
export function roundSeconds(seconds: number): number {
  return toMilliseconds(seconds) / 1000;
}

/** To four decimals. */
export function roundConfidence(confidence: number): number {
  return Math.round(confidence * 1e4) / 1e4;
}
