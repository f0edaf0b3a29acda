/** What an evaluation's utterances say beyond the corpus rates: how sure these are, and where they come from. */
import {
  bootstrapInterval,
  type ConfidenceInterval,
  type CorpusErrorRates,
  countFalseAlarms,
  type FalseAlarms,
  groupedErrorRates,
} from "@deepspeech-ts/speech";
import type { UtteranceResult } from "./evaluate.js";

/** An evaluation's error rates by what they hang on. */
export interface EvaluationAnalysis {
  /** 95% intervals by bootstrap over utterances. */
  intervals: { wer: ConfidenceInterval; cer: ConfidenceInterval };
  /** Of recordings without words; absent where there are none. */
  falseAlarms?: FalseAlarms;
  /** The worst speaker first; "" where it is unknown. Those of recordings without words alone are not among them. */
  bySpeaker: SpeakerRates[];
  /** The shortest utterances first; lengths that no utterance has are not among them. */
  byLength: LengthRates[];
}

/** The error rates of one speaker. */
export interface SpeakerRates {
  speaker: string;
  rates: CorpusErrorRates;
}

/** The error rates of utterances of like length. */
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

/** @throws SpeechError `empty-reference` where the references hold no word at all */
export function analyse(utterances: readonly UtteranceResult[]): EvaluationAnalysis {
  const falseAlarms = countFalseAlarms(utterances);
  return {
    ...(falseAlarms && { falseAlarms }),
    intervals: {
      wer: bootstrapInterval(utterances.map(({ words }) => words)),
      cer: bootstrapInterval(utterances.map(({ characters }) => characters)),
    },
    bySpeaker: ratesBySpeaker(utterances),
    byLength: ratesByLength(utterances),
  };
}

function ratesBySpeaker(utterances: readonly UtteranceResult[]): SpeakerRates[] {
  const speakerOf = ({ speaker }: UtteranceResult) => speaker;
  const groups = groupedErrorRates(inGroupsWithWords(utterances, speakerOf), speakerOf);
  return groups
    .map(({ group, rates }) => ({ speaker: group, rates }))
    .sort((a, b) => b.rates.wer - a.rates.wer || (a.speaker < b.speaker ? -1 : 1));
}

function ratesByLength(utterances: readonly UtteranceResult[]): LengthRates[] {
  const groups = groupedErrorRates(inGroupsWithWords(utterances, lengthIndex), lengthIndex).sort(
    (a, b) => a.group - b.group,
  );
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

/** A group whose references hold no word has no rate. */
function inGroupsWithWords<Key>(
  utterances: readonly UtteranceResult[],
  keyOf: (utterance: UtteranceResult) => Key,
): UtteranceResult[] {
  const withWords = new Set(utterances.filter(({ words }) => words.referenceLength > 0).map(keyOf));
  return utterances.filter((utterance) => withWords.has(keyOf(utterance)));
}

function lengthIndex({ durationSeconds }: { durationSeconds: number }): number {
  return LENGTH_BOUNDS.findLastIndex((bound) => bound <= durationSeconds);
}
