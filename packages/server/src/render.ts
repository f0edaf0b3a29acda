/** Transcriptions in the forms that OpenAI's API answers with. */
import { deflateSync } from "node:zlib";
import type { Transcription } from "@deepspeech-ts/recognizer";
import {
  type Alphabet,
  type Cue,
  encodeText,
  formatTranscript,
  roundSeconds,
  splitIntoCues,
  type TimedWord,
  type Transcript,
  toWireSpan,
  toWireWord,
} from "@deepspeech-ts/speech";
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

/** Whether an answer tells when words were spoken, or how sure they are, which costs a little. */
export function needsWordTimes({ responseFormat, granularities, logProbs }: TranscriptionWish): boolean {
  return (responseFormat !== "json" && responseFormat !== "text") || granularities.size > 0 || logProbs;
}

export function render(transcription: Transcription, wish: TranscriptionWish, alphabet: Alphabet): Rendered {
  return { contentType: CONTENT_TYPES[wish.responseFormat], body: bodyOf(transcription, wish, alphabet) };
}

function bodyOf(transcription: Transcription, wish: TranscriptionWish, alphabet: Alphabet): string {
  if (wish.responseFormat === "json") {
    return JSON.stringify({ ...contentOf(transcription, wish, alphabet), usage: usageOf(transcription) });
  }
  if (wish.responseFormat === "verbose_json") return JSON.stringify(verboseJsonOf(transcription, wish, alphabet));
  const format = wish.responseFormat === "text" ? "txt" : wish.responseFormat;
  return formatTranscript(transcriptOf(transcription), format);
}

function transcriptOf({ text, timedWords = [], durationSeconds }: Transcription): Transcript {
  return { id: "recording", text, timedWords, durationSeconds };
}

/** The text, and what a wish asks to know of it besides. */
export function contentOf(
  { text, timedWords = [], durationSeconds }: Transcription,
  { granularities, logProbs }: TranscriptionWish,
  alphabet: Alphabet,
) {
  return {
    text,
    ...(logProbs && { logprobs: logProbsOf(timedWords) }),
    ...(granularities.has("segment") && {
      segments: splitIntoCues(timedWords, { durationSeconds }).map((cue, id) => segmentOf(cue, id, alphabet)),
    }),
    ...(granularities.has("word") && { words: timedWords.map(toWireWord) }),
  };
}

function verboseJsonOf(transcription: Transcription, wish: TranscriptionWish, alphabet: Alphabet) {
  return {
    task: "transcribe",
    language: "english",
    duration: roundSeconds(transcription.durationSeconds),
    ...contentOf(transcription, wish, alphabet),
    usage: usageOf(transcription),
  };
}

function usageOf({ durationSeconds }: Transcription) {
  return { type: "duration", seconds: Math.ceil(durationSeconds) };
}

/**
 * OpenAI's form of how sure a model is. A token is a word here, with the space before it: what is known is the confidence
 * of words. Joined, the tokens are the text; `isLater` words follow others.
 */
export function logProbsOf(words: readonly TimedWord[], isLater = false) {
  return words.map(({ word, confidence }, index) => {
    const token = index > 0 || isLater ? ` ${word}` : word;
    return { token, bytes: [...Buffer.from(token)], logprob: logConfidence(confidence) };
  });
}

/** A cue of the subtitles, in Whisper's fields; docs/serving.md says what each means for this model. */
function segmentOf(cue: Cue, id: number, alphabet: Alphabet) {
  const { words, startSeconds } = cue;
  const text = words.map(({ word }) => word).join(" ");
  return {
    id,
    // In Whisper's hundredths of a second.
    seek: Math.round(startSeconds * 100),
    ...toWireSpan(cue),
    text,
    tokens: encodeText(text, alphabet),
    temperature: 0,
    avg_logprob: meanLogConfidence(words),
    compression_ratio: compressionRatio(text),
    // What is no speech gives no segment.
    no_speech_prob: 0,
  };
}

function meanLogConfidence(words: readonly TimedWord[]): number {
  const sum = words.reduce((total, { confidence }) => total + logConfidence(confidence), 0);
  return words.length === 0 ? 0 : Math.round((1e4 * sum) / words.length) / 1e4;
}

function logConfidence(confidence: number): number {
  return Math.round(1e4 * Math.log(Math.max(confidence, 1e-6))) / 1e4;
}

/** As Whisper reckons it: a text that repeats itself compresses well. */
function compressionRatio(text: string): number {
  return Math.round((1e4 * Buffer.byteLength(text)) / deflateSync(text).length) / 1e4;
}
