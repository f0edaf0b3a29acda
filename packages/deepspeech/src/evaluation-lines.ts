/** What an evaluation says, as lines of text: pure functions of its result. */
import type { ConfidenceInterval, EditCounts, FalseAlarms } from "@deepspeech-ts/speech";
import type { EvaluationAnalysis, LengthRates } from "@deepspeech-ts/toolkit/internal/evaluation/analysis.js";
import type { Comparison } from "@deepspeech-ts/toolkit/internal/evaluation/comparison.js";
import type { EvaluationResult } from "@deepspeech-ts/toolkit/internal/evaluation/evaluate.js";
import type { InvarianceReport } from "@deepspeech-ts/toolkit/internal/evaluation/verify-invariance.js";
import { utteranceRate, worstUtterances } from "@deepspeech-ts/toolkit/internal/evaluation/worst-utterances.js";
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

export function evaluationLines(
  { rates, loss, leftOut, audioSeconds, elapsedSeconds }: EvaluationResult,
  { intervals, falseAlarms }: Pick<EvaluationAnalysis, "intervals" | "falseAlarms">,
): string[] {
  const more = leftOut.length - SHOWN_REASONS;
  return [
    `WER   ${formatRate(rates.wer)}  ${formatInterval(intervals.wer)}  ${rateParts(rates.words, "word")}`,
    `CER   ${formatRate(rates.cer)}  ${formatInterval(intervals.cer)}  ${rateParts(rates.characters, "character")}`,
    `SER   ${formatRate(rates.sentenceErrorRate)}  of ${formatPlural(rates.numUtterances, "utterance")} have an error`,
    ...(falseAlarms ? [`FA    ${formatFalseAlarms(falseAlarms)}`] : []),
    `Loss  ${loss?.toFixed(4) ?? "unknown: CTC can align no utterance"}`,
    `RTF   ${(elapsedSeconds / audioSeconds).toFixed(4)}  ${formatAudio(audioSeconds)} of audio in ${formatDuration(elapsedSeconds)}`,
    ...(leftOut.length > 0 ? [`${formatPlural(leftOut.length, "utterance")} left out:`] : []),
    ...leftOut.slice(0, SHOWN_REASONS).map(({ id, reason }) => `  ${id}: ${reason}`),
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ];
}

/** "25.00%  of 12 recordings without words are false alarms: 7 words recognised" */
export function formatFalseAlarms({ numWordless, numAlarms, numWords }: FalseAlarms): string {
  const share = formatRate(numAlarms / numWordless);
  return `${share}  of ${formatPlural(numWordless, "recording")} without words are false alarms: ${formatPlural(numWords, "word")} recognised`;
}

function rateParts(counts: EditCounts, unit: string): string {
  return `(${formatEdits(counts)}, N ${formatPlural(counts.referenceLength, unit)})`;
}

/** "95% [54.31, 67.90]", in percent */
function formatInterval({ low, high, confidence }: ConfidenceInterval): string {
  return `${Math.round(100 * confidence)}% [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`;
}

interface NamedRates {
  name: string;
  rates: EvaluationResult["rates"];
}

/** Rates of each speaker, the worst first, and of each length. */
export function breakdownLines({ bySpeaker, byLength }: Omit<EvaluationAnalysis, "intervals">): string[] {
  const speakers = bySpeaker.map(({ speaker, rates }) => ({ name: speaker || "(unknown)", rates }));
  const lengths = byLength.map((group) => ({ name: formatLength(group), rates: group.rates }));
  return ["", ...ratesTable("speaker", speakers), "", ...ratesTable("length", lengths)];
}

function ratesTable(title: string, rows: readonly NamedRates[]): string[] {
  const width = Math.max(title.length, ...rows.map(({ name }) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(width), ...cells.map((cell) => cell.padStart(10))].join("  ");
  return [
    line(title, ["WER", "CER", "words", "utterances"]),
    ...rows.map(({ name, rates }) =>
      line(name, [
        formatRate(rates.wer),
        formatRate(rates.cer),
        formatCount(rates.words.referenceLength),
        formatCount(rates.numUtterances),
      ]),
    ),
  ];
}

function formatLength({ fromSeconds, toSeconds }: LengthRates): string {
  return toSeconds === null ? `from ${fromSeconds} s` : `${fromSeconds} to ${toSeconds} s`;
}

export function invarianceLines({
  numUtterances,
  largestDifference,
  tolerance,
  differences,
}: InvarianceReport): string[] {
  const outcome =
    differences.length === 0
      ? `holds for ${formatPlural(numUtterances, "utterance")}`
      : `broken for ${formatPlural(new Set(differences.map(({ id }) => id)).size, "utterance")} of ${formatCount(numUtterances)}`;
  return [
    "",
    `Batch invariance ${outcome}: log-probabilities differ by ${largestDifference.toExponential(1)} at most, ${tolerance} allowed`,
    ...differences.slice(0, SHOWN_REASONS).map(({ id, rescoring, largestDifference: difference, hypotheses }) => {
      const texts = hypotheses[0] === hypotheses[1] ? "the same text" : `"${hypotheses[0]}", then "${hypotheses[1]}"`;
      return `  ${id}, ${rescoring}: ${difference.toExponential(1)}, ${texts}`;
    }),
  ];
}

/** Whether another model is better or worse, and the utterances where the two differ most. */
export function comparisonLines(comparison: Comparison, { other, show }: { other: string; show: number }): string[] {
  const { rates, numBetter, numWorse, numEqual, numNotCompared, utterances } = comparison;
  const changed = utterances.filter(({ wordErrorDifference }) => wordErrorDifference !== 0);
  return [
    "",
    `Compared with ${other}`,
    differenceLine("WER", comparison.wer, [rates.first.wer, rates.second.wer]),
    differenceLine("CER", comparison.cer, [rates.first.cer, rates.second.cer]),
    `      better in ${formatPlural(numBetter, "utterance")}, worse in ${formatCount(numWorse)}, alike in ${formatCount(numEqual)}`,
    ...(numNotCompared > 0 ? [`      ${formatPlural(numNotCompared, "utterance")} could not be compared`] : []),
    ...changed
      .slice(0, show)
      .flatMap(({ id, reference, first, second, wordErrorDifference }) => [
        "",
        `${id}  ${formatPlural(Math.abs(wordErrorDifference), "error")} ${wordErrorDifference < 0 ? "fewer" : "more"}`,
        ...formatPair(reference, first, "  "),
        `  other       ${second || "(nothing)"}`,
      ]),
  ];
}

function differenceLine(
  name: string,
  { difference, interval: { low, high, confidence }, pValue }: Comparison["wer"],
  [own, others]: readonly [number, number],
): string {
  const [change, from, to] = [difference, low, high].map(formatPoints);
  const chance = pValue < 0.01 ? "p < 0.01" : `p = ${pValue.toFixed(2)}`;
  return `${name}   ${formatRate(own)} against ${formatRate(others)}: ${change} points, ${Math.round(100 * confidence)}% [${from}, ${to}], ${chance}`;
}

function formatPoints(difference: number): string {
  const text = (100 * difference).toFixed(2);
  return difference > 0 ? `+${text}` : text;
}

/** The utterances with the most word errors for each word, the worst first. */
export function worstLines({ utterances }: Pick<EvaluationResult, "utterances">, count: number): string[] {
  return worstUtterances(utterances, count).flatMap(({ id, words, reference, hypothesis }) => [
    "",
    `${id}  WER ${formatRate(utteranceRate(words))} (${formatEdits(words)})`,
    ...formatPair(reference, hypothesis, "  "),
  ]);
}
