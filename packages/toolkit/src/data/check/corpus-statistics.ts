/** A corpus in numbers: hours, speakers, and how lengths and speech rates are spread. */
import type { Utterance } from "../types.js";

export interface HistogramBin {
  /** From here, included, to the next bin's `from`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** A corpus in numbers. */
export interface CorpusStatistics {
  readonly numUtterances: number;
  readonly audioSeconds: number;
  /** Speakers with a name. */
  readonly numSpeakers: number;
  readonly numWithoutSpeaker: number;
  readonly numWords: number;
  readonly numDistinctWords: number;
  /** Who speaks longest, first. */
  readonly speakers: { readonly speaker: string; readonly audioSeconds: number }[];
  readonly durations: HistogramBin[];
  /** Of transcripts as they are written, a second. */
  readonly characterRates: HistogramBin[];
}

const MOST_BINS = 18;

/** Counts a corpus: its sound, speakers, words and lengths. */
export function corpusStatistics(utterances: readonly Utterance[]): CorpusStatistics {
  const words = utterances.flatMap(({ text }) => text.toLowerCase().match(/\S+/g) ?? []);
  const secondsBySpeaker = new Map<string, number>();
  for (const { speaker, durationSeconds } of utterances) {
    if (speaker !== "") secondsBySpeaker.set(speaker, (secondsBySpeaker.get(speaker) ?? 0) + durationSeconds);
  }
  const speakers = [...secondsBySpeaker].map(([speaker, audioSeconds]) => ({ speaker, audioSeconds }));
  return {
    numUtterances: utterances.length,
    audioSeconds: utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0),
    numSpeakers: speakers.length,
    numWithoutSpeaker: utterances.filter(({ speaker }) => speaker === "").length,
    numWords: words.length,
    numDistinctWords: new Set(words).size,
    speakers: speakers.sort((a, b) => b.audioSeconds - a.audioSeconds),
    durations: histogram(utterances.map(({ durationSeconds }) => durationSeconds)),
    characterRates: histogram(utterances.map(({ text, durationSeconds }) => text.length / durationSeconds)),
  };
}

/** Bins of one width, which is 1, 2 or 5 times a power of ten, from the least value to the greatest; at most 19. */
export function histogram(values: readonly number[]): HistogramBin[] {
  if (values.length === 0) return [];
  const [least, greatest] = values.reduce(
    ([low, high], x) => [Math.min(low, x), Math.max(high, x)],
    [values[0]!, values[0]!],
  );
  const width = niceWidth((greatest - least) / MOST_BINS);
  // Decimal steps leave dust in binary.
  const binOf = (value: number) => Math.floor(Number((value / width).toPrecision(12)));
  const first = binOf(least);
  const counts = new Array<number>(binOf(greatest) - first + 1).fill(0);
  for (const value of values) counts[binOf(value) - first]! += 1;
  const edge = (bin: number) => Number((bin * width).toPrecision(12));
  return counts.map((count, i) => ({ from: edge(first + i), to: edge(first + i + 1), count }));
}

/** The least width of at least `least` that is 1, 2 or 5 times a power of ten; 1 where `least` is not above 0. */
export function niceWidth(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}
