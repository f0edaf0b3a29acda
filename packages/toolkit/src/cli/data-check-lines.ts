/** What `deepspeech data check` prints. */
import type { CheckResult } from "../data/check/check-corpus.js";
import { PROBLEM_KINDS } from "../data/check/problems.js";
import type { Utterance } from "../data/types.js";
import { formatAudio, formatCount, formatPlural, formatRate } from "./format.js";

export interface CheckLinesOptions {
  /** How many utterances are named for each kind of problem. */
  readonly show: number;
  readonly maxBatchSeconds: number;
  /** What the largest batch takes, in words. */
  readonly memory: readonly string[];
}

/** Each kind of problem with its first few utterances, then the batch plan, then the verdict. */
export function checkLines(
  utterances: readonly Utterance[],
  { problems, numDropped, sampleRates, paddingWaste, numBatches }: CheckResult,
  { show, maxBatchSeconds, memory }: CheckLinesOptions,
): string[] {
  const seconds = utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
  const rates = [...sampleRates].map(([rate, count]) => `${rate} Hz in ${formatCount(count)}`).join(", ");
  const kinds = PROBLEM_KINDS.flatMap(({ name, title, isFatal }) => {
    const found = problems.filter(({ kind }) => kind === name);
    if (found.length === 0) return [];
    const named = found.slice(0, show).map(({ utteranceId, detail }) => `    ${utteranceId}: ${detail}`);
    const more = found.length - named.length;
    const rest = more > 0 && show > 0 ? [`    … and ${formatCount(more)} more`] : [];
    return [`${isFatal ? "✗" : "!"} ${formatCount(found.length)}  ${title} (${name})`, ...named, ...rest];
  });
  return [
    `${formatPlural(utterances.length, "utterance")}, ${formatAudio(seconds)}${rates ? `; ${rates}` : ""}`,
    ...kinds,
    `Padding: ${formatRate(paddingWaste)} of ${formatPlural(numBatches, "batch", "batches")} of up to ${maxBatchSeconds} s`,
    ...memory,
    numDropped > 0
      ? `${formatPlural(numDropped, "utterance")} of no use for training: see ✗ above.`
      : `Nothing is of no use for training${problems.length > 0 ? "; see ! above" : ""}.`,
  ];
}
