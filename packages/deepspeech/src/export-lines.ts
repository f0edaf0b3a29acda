/** What `deepspeech export` prints: a row for each variant. */
import type { ExportedVariant, ExportResult } from "@deepspeech-ts/toolkit/internal/export/run-export.js";
import { confidenceLine } from "./confidence-line.js";
import { formatAudio, formatPlural, formatRate, formatSmall } from "./format.js";

export function exportLines(result: ExportResult, decoding: string): string[] {
  const { variants, corpora, numUtterances, audioSeconds, leftOut } = result;
  const exact = variants.find(({ precision }) => precision === "fp32");
  const rows = variants.map((variant) => rowOf(variant, exact));
  const measuredOn = `${corpora.join(", ")}: ${formatPlural(numUtterances, "utterance")}, ${formatAudio(audioSeconds)}, ${decoding}`;
  const steps = variants[0]?.parity.inSteps === undefined ? "" : ", and in steps from the whole";
  const compared = formatPlural(variants[0]?.parity.numUtterances ?? 0, "utterance");
  return [
    ...leftOut.map(({ id, reason }) => `left out ${id}: ${reason}`),
    ...alignRight([[...COLUMNS, ...(variants[0]?.parity.inSteps === undefined ? [] : ["In steps"])], ...rows]),
    "",
    numUtterances > 0 ? `Rates   ${measuredOn}` : "Rates   not measured: no data; give --evaluate",
    `From    largest difference of a log-probability over ${compared}: from the trained model, and in a batch from alone${steps}`,
    ...variants.slice(0, 1).flatMap(({ confidence }) => (confidence ? [`Words   ${confidenceLine(confidence)}`] : [])),
    ...variants.map(({ path }) => `Saved   ${path}`),
  ];
}

const COLUMNS = ["Variant", "Size", "WER", "CER", "WER vs fp32", "From training", "From batch"];

function rowOf({ precision, size, rates, parity }: ExportedVariant, exact: ExportedVariant | undefined): string[] {
  const change = rates && exact?.rates && precision !== "fp32" ? rates.wer - exact.rates.wer : undefined;
  return [
    precision,
    `${(size / 1e6).toFixed(1)} MB`,
    rates ? formatRate(rates.wer) : "-",
    rates ? formatRate(rates.cer) : "-",
    change === undefined ? "-" : `${change < 0 ? "" : "+"}${(100 * change).toFixed(2)} pp`,
    formatSmall(parity.fromTraining),
    formatSmall(parity.fromBatch),
    ...(parity.inSteps === undefined ? [] : [formatSmall(parity.inSteps)]),
  ];
}

/** The first column to the left, the others to the right. */
function alignRight(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((row) => row.map(padded).join("  "));
}
