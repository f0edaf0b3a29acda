/** Where an evaluation goes: the terminal, and the files that were asked for. */
import { extname } from "node:path";
import { requireDistinct, requireWritable, writeFileAtomically } from "@deepspeech-ts/recognizer/system";
import { alignmentsAsJson, alignmentsAsText } from "@deepspeech-ts/toolkit/internal/evaluation/alignments.js";
import type { EvaluationAnalysis } from "@deepspeech-ts/toolkit/internal/evaluation/analysis.js";
import type { Comparison } from "@deepspeech-ts/toolkit/internal/evaluation/comparison.js";
import type { DecodingConfig } from "@deepspeech-ts/toolkit/internal/evaluation/decoding-config.js";
import { describeDecoding } from "@deepspeech-ts/toolkit/internal/evaluation/describe-decoding.js";
import { renderReport } from "@deepspeech-ts/toolkit/internal/evaluation/report/report.js";
import type { EvaluationRun } from "@deepspeech-ts/toolkit/internal/evaluation/run-evaluation.js";
import { breakdownLines, comparisonLines, evaluationLines, invarianceLines, worstLines } from "./evaluation-lines.js";

/** Everything that was measured. */
export interface Evaluation {
  checkpoint: string;
  data: readonly string[];
  decoding: DecodingConfig;
  run: EvaluationRun;
  analysis: EvaluationAnalysis;
  /** Another model, or another way of decoding. */
  compared?: { name: string; comparison: Comparison };
}

export interface OutputFlags {
  json?: string;
  alignments?: string;
  report?: string;
  reportUtterances: number;
  show: number;
  breakdown?: true;
}

/** Before the work, not after it; `inputs` are what it reads. */
export function requireWritableOutputs({ json, alignments, report }: OutputFlags, inputs: readonly string[]): void {
  const paths = [json === "-" ? undefined : json, alignments, report].filter((path) => path !== undefined);
  for (const path of paths) requireWritable(path, inputs);
  requireDistinct(paths);
}

export async function writeEvaluation(evaluation: Evaluation, flags: OutputFlags): Promise<void> {
  const { json, alignments, report } = flags;
  if (json === "-") process.stdout.write(evaluationJson(evaluation));
  else process.stdout.write(`${linesOf(evaluation, flags).join("\n")}\n`);
  if (json !== undefined && json !== "-") await writeFileAtomically(json, evaluationJson(evaluation));
  if (alignments !== undefined) {
    const format = extname(alignments).toLowerCase() === ".json" ? alignmentsAsJson : alignmentsAsText;
    await writeFileAtomically(alignments, format(evaluation.run.utterances));
  }
  if (report !== undefined) {
    const decoding = describeDecoding(evaluation.decoding);
    await writeFileAtomically(report, renderReport({ ...evaluation, decoding, numWorst: flags.reportUtterances }));
  }
}

function linesOf({ run, analysis, compared }: Evaluation, { show, breakdown }: OutputFlags): string[] {
  return [
    ...evaluationLines(run, analysis),
    ...(breakdown ? breakdownLines(analysis) : []),
    ...(run.invariance ? invarianceLines(run.invariance) : []),
    ...(compared ? comparisonLines(compared.comparison, { other: compared.name, show }) : []),
    ...worstLines(run, show),
  ];
}

/** Sound and pictures are for the report alone. */
function evaluationJson({ run, analysis, compared, ...asked }: Evaluation): string {
  const { evidence: _, ...result } = run;
  return `${JSON.stringify({ ...asked, ...result, ...analysis, ...(compared && { compared }) }, null, 2)}\n`;
}
