/** What `deepspeech data check` prints. */
import type { CheckResult } from "@deepspeech-ts/toolkit/internal/data/check/check-corpus.js";
import { PROBLEM_KINDS, type Severity } from "@deepspeech-ts/toolkit/internal/data/check/problems.js";
import type { Utterance } from "@deepspeech-ts/toolkit/internal/data/types.js";
import { formatAudio, formatCount, formatPlural, formatRate } from "./format.js";

export interface CheckLinesOptions {
  /** How many utterances are named for each kind of problem. */
  readonly show: number;
  /** What the largest batch takes, in words. */
  readonly memory: readonly string[];
}

const MARKS: Readonly<Record<Severity, string>> = { fatal: "✗", mended: "~", judge: "!" };

/** Each kind of problem with its first few utterances, then the batch plan, then the verdict. */
export function checkLines(
  utterances: readonly Utterance[],
  result: CheckResult,
  { show, memory }: CheckLinesOptions,
): string[] {
  const { problems, sampleRates, paddingWaste, numBatches, maxBatchSeconds } = result;
  const seconds = utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
  const rates = [...sampleRates].map(([rate, count]) => `${rate} Hz in ${formatCount(count)}`).join(", ");
  const kinds = PROBLEM_KINDS.flatMap(({ name, title, severity }) => {
    const found = problems.filter(({ kind }) => kind === name);
    if (found.length === 0) return [];
    const named = found.slice(0, show).map(({ utteranceId, detail }) => `    ${utteranceId}: ${detail}`);
    const more = found.length - named.length;
    const rest = more > 0 && show > 0 ? [`    … and ${formatCount(more)} more`] : [];
    return [`${MARKS[severity]} ${formatCount(found.length)}  ${title} (${name})`, ...named, ...rest];
  });
  return [
    `${formatPlural(utterances.length, "utterance")}, ${formatAudio(seconds)}${rates ? `; ${rates}` : ""}`,
    ...kinds,
    `Padding: ${formatRate(paddingWaste)} of ${formatPlural(numBatches, "batch", "batches")} of up to ${maxBatchSeconds} s`,
    ...memory,
    verdict(result),
  ];
}

function verdict({ problems, numDropped, numMended }: CheckResult): string {
  const findings = [
    ...(numDropped > 0 ? [`${formatPlural(numDropped, "utterance")} of no use for training: see ✗ above`] : []),
    ...(numMended > 0 ? [`${formatPlural(numMended, "utterance")} that --fix corrects: see ~ above`] : []),
  ];
  if (findings.length > 0) return `${findings.join("; ")}.`;
  return `Nothing is of no use for training${problems.length > 0 ? "; see ! above" : ""}.`;
}
