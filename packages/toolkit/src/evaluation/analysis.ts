/** What an evaluation's utterances say beyond the corpus rates: how sure these are, and where they come from. */
import {
  bootstrapInterval,
  type ConfidenceInterval,
  type CorpusErrorRates,
  groupedErrorRates,
} from "@deepspeech-ts/speech";
import type { UtteranceResult } from "./evaluate.js";

export interface EvaluationAnalysis {
  /** 95% intervals by bootstrap over utterances. */
  intervals: { wer: ConfidenceInterval; cer: ConfidenceInterval };
  /** The worst speaker first; "" where it is unknown. */
  bySpeaker: SpeakerRates[];
  /** The shortest utterances first; lengths that no utterance has are not among them. */
  byLength: LengthRates[];
}

export interface SpeakerRates {
  speaker: string;
  rates: CorpusErrorRates;
}

export interface LengthRates {
  /** Utterances of at least so many seconds. */
  fromSeconds: number;
  /** Utterances shorter than this; null for no bound. */
  toSeconds: number | null;
  rates: CorpusErrorRates;
  /** 95% interval of the word error rate; null where there are too few utterances to tell. */
  interval: ConfidenceInterval | null;
}

/** Of fewer utterances than this, draws are so alike that their interval would pretend to be sure. */
const LEAST_UTTERANCES = 5;
const LENGTH_BOUNDS = [0, 2, 4, 6, 8, 10, 15, 20, 30];

/** @throws SpeechError `empty-reference` where a speaker's or a length's references hold no word */
export function analyse(utterances: readonly UtteranceResult[]): EvaluationAnalysis {
  return {
    intervals: {
      wer: bootstrapInterval(utterances.map(({ words }) => words)),
      cer: bootstrapInterval(utterances.map(({ characters }) => characters)),
    },
    bySpeaker: ratesBySpeaker(utterances),
    byLength: ratesByLength(utterances),
  };
}

function ratesBySpeaker(utterances: readonly UtteranceResult[]): SpeakerRates[] {
  const groups = groupedErrorRates(utterances, ({ speaker }) => speaker);
  return groups
    .map(({ group, rates }) => ({ speaker: group, rates }))
    .sort((a, b) => b.rates.wer - a.rates.wer || (a.speaker < b.speaker ? -1 : 1));
}

function ratesByLength(utterances: readonly UtteranceResult[]): LengthRates[] {
  const groups = groupedErrorRates(utterances, lengthIndex).sort((a, b) => a.group - b.group);
  return groups.map(({ group, rates }) => {
    const own = utterances.filter((utterance) => lengthIndex(utterance) === group);
    return {
      fromSeconds: LENGTH_BOUNDS[group]!,
      toSeconds: LENGTH_BOUNDS[group + 1] ?? null,
      rates,
      interval: own.length < LEAST_UTTERANCES ? null : bootstrapInterval(own.map(({ words }) => words)),
    };
  });
}

function lengthIndex({ durationSeconds }: { durationSeconds: number }): number {
  return LENGTH_BOUNDS.findLastIndex((bound) => bound <= durationSeconds);
}
