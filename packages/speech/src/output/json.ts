/** Transcripts as JSON, for programs. The names and units here are a promise: they change only with `version`. */

import type { Transcript } from "./transcript.js";
import { roundConfidence, roundSeconds, roundSpan } from "./word-forms.js";

/** The document that `formatJson` writes. Times are seconds from the start, to the millisecond. */
export interface TranscriptJson {
  /** The version of this schema. */
  version: 1;
  id: string;
  /** The words with single spaces between them. */
  text: string;
  /** The length of the recording, where it is known. */
  durationSeconds?: number;
  words: WordJson[];
  /** Other texts, best first, with their scores (natural log); where the decoder was asked for them. */
  alternatives?: { text: string; score: number }[];
}

/** A word with its times, in JSON. */
export interface WordJson {
  word: string;
  startSeconds: number;
  endSeconds: number;
  /** How likely the word is right: from 0 to 1, to four decimals. */
  confidence: number;
  characters: { character: string; startSeconds: number; endSeconds: number }[];
}

/** The document for `transcript`. */
export function transcriptJson({ id, text, timedWords, durationSeconds, alternatives }: Transcript): TranscriptJson {
  return {
    version: 1,
    id,
    text,
    ...(durationSeconds === undefined ? {} : { durationSeconds: roundSeconds(durationSeconds) }),
    words: timedWords.map((word) => ({
      word: word.word,
      ...roundSpan(word),
      confidence: roundConfidence(word.confidence),
      characters: word.characters.map((character) => ({ character: character.character, ...roundSpan(character) })),
    })),
    ...(alternatives === undefined ? {} : { alternatives: alternatives.map(({ text, score }) => ({ text, score })) }),
  };
}

/** The document as text, indented by two spaces. */
export function formatJson(transcript: Transcript): string {
  return `${JSON.stringify(transcriptJson(transcript), null, 2)}\n`;
}
