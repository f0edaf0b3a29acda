/** What a recogniser answers with. */
import { placeWord, type TextAlignment, type TimedWord } from "@deepspeech-ts/speech";
import type { FoundText } from "./search.js";

/** A text that a stretch of sound may be, and how far it is believed: the natural logarithm that the search ranks by. */
export interface Alternative {
  readonly text: string;
  readonly score: number;
}

/** A known text, and when a recording says its words. */
export interface RecordingAlignment extends TextAlignment {
  /** The length of the recording. */
  readonly durationSeconds: number;
}

/** Speech between two pauses. Times are seconds from the recording's start. */
export interface Segment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly text: string;
  readonly words: readonly string[];
  /** The words' times and confidences, where they were asked for. */
  readonly timedWords?: readonly TimedWord[];
  /** The best texts, best first, `text` being the first. */
  readonly nBest: readonly Alternative[];
}

/** A recording's text. No speech gives no segments and an empty text. */
export interface Transcription {
  /** The segments' texts with a space between each. */
  readonly text: string;
  readonly words: readonly string[];
  readonly timedWords?: readonly TimedWord[];
  /** The best texts of the whole, best first. */
  readonly nBest: readonly Alternative[];
  readonly segments: readonly Segment[];
  readonly durationSeconds: number;
}

/** The segment that a search found; its first frame lies `leadSeconds` before it. */
export function segmentOf(
  found: readonly FoundText[],
  { startSeconds, endSeconds, leadSeconds = 0 }: { startSeconds: number; endSeconds: number; leadSeconds?: number },
): Segment {
  const { text, words, timedWords } = found[0] as FoundText;
  return {
    startSeconds,
    endSeconds,
    text,
    words,
    ...(timedWords && {
      timedWords: timedWords.map((word) =>
        placeWord(word, startSeconds - leadSeconds, { start: startSeconds, end: endSeconds }),
      ),
    }),
    nBest: found.map((hypothesis) => ({ text: hypothesis.text, score: hypothesis.score })),
  };
}

/** The whole of a recording's segments. */
export function transcriptionOf(
  segments: readonly Segment[],
  { durationSeconds, nBest, wordTimes }: { durationSeconds: number; nBest: number; wordTimes: boolean },
): Transcription {
  return {
    text: joinTexts(segments.map(({ text }) => text)),
    words: segments.flatMap(({ words }) => words),
    ...(wordTimes && { timedWords: segments.flatMap(({ timedWords = [] }) => timedWords) }),
    nBest: combineAlternatives(
      segments.map((segment) => segment.nBest),
      nBest,
    ),
    segments,
    durationSeconds,
  };
}

/** One alternative of each list so far; the texts are joined in the end, where few ways are left. */
interface Way {
  readonly before: Way | undefined;
  readonly text: string;
  readonly score: number;
}

/**
 * The best ways to choose one alternative of each list; scores add up. Ways that give the same text count once, as the best.
 *
 * @param lists each best first
 * @returns `count` texts at most, best first
 */
export function combineAlternatives(lists: readonly (readonly Alternative[])[], count: number): Alternative[] {
  // Some may give the same text.
  const most = 2 * count;
  let ways: Way[] = [{ before: undefined, text: "", score: 0 }];
  for (const list of lists) {
    const longer: Way[] = [];
    for (const [i, before] of ways.entries()) {
      // As both are sorted, the pair of i and j has (i + 1) · (j + 1) - 1 others before it that are as good.
      for (const { text, score } of list.slice(0, Math.floor(most / (i + 1)))) {
        longer.push({ before, text, score: before.score + score });
      }
    }
    ways = longer.sort((a, b) => b.score - a.score).slice(0, most);
  }
  const scores = new Map<string, number>();
  for (const way of ways) {
    const text = textOf(way);
    if (!scores.has(text)) scores.set(text, way.score);
  }
  return Array.from(scores, ([text, score]) => ({ text, score })).slice(0, count);
}

function textOf(last: Way): string {
  const texts: string[] = [];
  for (let way: Way | undefined = last; way; way = way.before) texts.push(way.text);
  return joinTexts(texts.reverse());
}

function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join(" ");
}
