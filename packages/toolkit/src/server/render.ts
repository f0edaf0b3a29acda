/** Transcriptions in the forms that OpenAI's API answers with. */
import { deflateSync } from "node:zlib";
import type { Segment, Transcription } from "@deepspeech-ts/recognizer";
import { type Alphabet, encodeText, formatTranscript, type TimedWord, type Transcript } from "@deepspeech-ts/speech";
import type { ResponseFormat, TranscriptionWish } from "./request-fields.js";

export interface Rendered {
  readonly contentType: string;
  readonly body: string;
}

const CONTENT_TYPES: Readonly<Record<ResponseFormat, string>> = {
  json: "application/json; charset=utf-8",
  verbose_json: "application/json; charset=utf-8",
  text: "text/plain; charset=utf-8",
  srt: "application/x-subrip; charset=utf-8",
  vtt: "text/vtt; charset=utf-8",
};

/** Whether an answer tells when words were spoken, which costs a little. */
export function needsWordTimes({ responseFormat }: TranscriptionWish): boolean {
  return responseFormat !== "json" && responseFormat !== "text";
}

export function render(transcription: Transcription, wish: TranscriptionWish, alphabet: Alphabet): Rendered {
  return { contentType: CONTENT_TYPES[wish.responseFormat], body: bodyOf(transcription, wish, alphabet) };
}

function bodyOf(transcription: Transcription, wish: TranscriptionWish, alphabet: Alphabet): string {
  if (wish.responseFormat === "json") return JSON.stringify(jsonOf(transcription));
  if (wish.responseFormat === "verbose_json") return JSON.stringify(verboseJsonOf(transcription, wish, alphabet));
  const format = wish.responseFormat === "text" ? "txt" : wish.responseFormat;
  return formatTranscript(transcriptOf(transcription), format);
}

function transcriptOf({ text, timedWords = [], durationSeconds }: Transcription): Transcript {
  return { id: "recording", text, timedWords, durationSeconds };
}

function jsonOf({ text, durationSeconds }: Transcription) {
  return { text, usage: { type: "duration", seconds: Math.ceil(durationSeconds) } };
}

function verboseJsonOf(transcription: Transcription, { granularities }: TranscriptionWish, alphabet: Alphabet) {
  const { text, usage } = jsonOf(transcription);
  const { segments, timedWords = [], durationSeconds } = transcription;
  return {
    task: "transcribe",
    language: "english",
    duration: milliseconds(durationSeconds),
    text,
    ...(granularities.has("segment") && { segments: segments.map((segment, id) => segmentOf(segment, id, alphabet)) }),
    ...(granularities.has("word") && { words: timedWords.map(wordOf) }),
    usage,
  };
}

/** Whisper's fields; docs/serving.md says what each means for this model. */
function segmentOf({ text, startSeconds, endSeconds, timedWords = [] }: Segment, id: number, alphabet: Alphabet) {
  return {
    id,
    // In Whisper's hundredths of a second.
    seek: Math.round(startSeconds * 100),
    start: milliseconds(startSeconds),
    end: milliseconds(endSeconds),
    text,
    tokens: encodeText(text, alphabet),
    temperature: 0,
    avg_logprob: meanLogConfidence(timedWords),
    compression_ratio: compressionRatio(text),
    // What is no speech gives no segment.
    no_speech_prob: 0,
  };
}

export function wordOf({ word, startSeconds, endSeconds, confidence }: TimedWord) {
  const rounded = Math.round(confidence * 1e4) / 1e4;
  return { word, start: milliseconds(startSeconds), end: milliseconds(endSeconds), confidence: rounded };
}

function meanLogConfidence(words: readonly TimedWord[]): number {
  const sum = words.reduce((total, { confidence }) => total + Math.log(Math.max(confidence, 1e-6)), 0);
  return words.length === 0 ? 0 : Math.round((1e4 * sum) / words.length) / 1e4;
}

/** As Whisper reckons it: a text that repeats itself compresses well. */
function compressionRatio(text: string): number {
  return Math.round((1e4 * Buffer.byteLength(text)) / deflateSync(text).length) / 1e4;
}

export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
