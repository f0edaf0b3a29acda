/** What an evaluation says, as lines of text: pure functions of its result. */
import { countErrors, type EditCounts } from "@deepspeech-ts/speech";
import type { EvaluationResult } from "../evaluation/evaluate.js";
import {
  formatAudio,
  formatCount,
  formatDuration,
  formatEdits,
  formatPair,
  formatPlural,
  formatRate,
} from "./format.js";

/** Utterances named of those that were left out. */
const SHOWN_REASONS = 3;

export function evaluationLines({ rates, loss, leftOut, audioSeconds, elapsedSeconds }: EvaluationResult): string[] {
  const more = leftOut.length - SHOWN_REASONS;
  return [
    `WER   ${formatRate(rates.wer)}  ${rateParts(rates.words, "words")}`,
    `CER   ${formatRate(rates.cer)}  ${rateParts(rates.characters, "characters")}`,
    `SER   ${formatRate(rates.sentenceErrorRate)}  of ${formatPlural(rates.numUtterances, "utterance")} have an error`,
    `Loss  ${loss.toFixed(4)}`,
    `RTF   ${(elapsedSeconds / audioSeconds).toFixed(4)}  ${formatAudio(audioSeconds)} of audio in ${formatDuration(elapsedSeconds)}`,
    ...(leftOut.length > 0 ? [`${formatPlural(leftOut.length, "utterance")} left out:`] : []),
    ...leftOut.slice(0, SHOWN_REASONS).map(({ id, reason }) => `  ${id}: ${reason}`),
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ];
}

function rateParts(counts: EditCounts, unit: string): string {
  return `(${formatEdits(counts)}, N ${formatCount(counts.referenceLength)} ${unit})`;
}

/** The utterances with the most word errors for each word, the worst first; where equal, the one with more errors. */
export function worstLines({ utterances }: Pick<EvaluationResult, "utterances">, count: number): string[] {
  const wrong = utterances.filter(({ words }) => countErrors(words) > 0);
  const worst = wrong.sort(
    (a, b) =>
      rateOf(b.words) - rateOf(a.words) || countErrors(b.words) - countErrors(a.words) || (a.id < b.id ? -1 : 1),
  );
  return worst
    .slice(0, count)
    .flatMap(({ id, words, reference, hypothesis }) => [
      "",
      `${id}  WER ${formatRate(rateOf(words))} (${formatEdits(words)})`,
      ...formatPair(reference, hypothesis, "  "),
    ]);
}

/** An utterance's own rate; insertions against an empty reference count as if it had one word. */
function rateOf(words: EditCounts): number {
  return countErrors(words) / Math.max(1, words.referenceLength);
}
