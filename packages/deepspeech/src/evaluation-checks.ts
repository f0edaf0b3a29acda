/** What makes an evaluation fail, for use in continuous integration: exit code 1, after everything has been written. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import type { InvarianceReport } from "@deepspeech-ts/toolkit/internal/evaluation/verify-invariance.js";
import { formatPlural, formatRate } from "./format.js";

export function checkWordErrorRate(wer: number, limit: number | undefined): void {
  if (limit === undefined || wer <= limit) return;
  throw new UserError(`the word error rate is ${formatRate(wer)}, above the ${formatRate(limit)} of --max-wer`, {
    code: "wer-above-limit",
  });
}

export function checkInvariance(report: InvarianceReport | undefined): void {
  const [worst] = report?.differences ?? [];
  if (!report || !worst) return;
  const numDifferent = new Set(report.differences.map(({ id }) => id)).size;
  throw new UserError(
    `the batch changes what the model says about ${formatPlural(numDifferent, "utterance")} of ${report.numUtterances}; ` +
      `${worst.id} most, by ${worst.largestDifference.toExponential(1)} where ${report.tolerance} is allowed, ${worst.rescoring === "alone" ? "when scored alone" : "in shuffled batches"}`,
    { code: "batch-changes-result" },
  );
}
