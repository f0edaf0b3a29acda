/** What fewer bits cost in errors: a trained run, exported in every precision and measured on its development data. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PRECISIONS } from "./bundles.mjs";
import { row } from "./speed.mjs";

export async function* accuracy({ run }) {
  if (run === undefined) {
    console.log("error rates by precision: LEFT OUT, for no trained run was given (--run runs/quickstart/version_0)");
    return;
  }
  const { runExport } = await import("../../packages/toolkit/dist/export/index.js");
  const folder = mkdtempSync(join(tmpdir(), "deepspeech-bench-"));
  try {
    const output = join(folder, "model.dsb");
    const { variants, numUtterances } = await runExport({
      checkpoint: run,
      output,
      precisions: PRECISIONS,
      threads: 1,
    });
    if (numUtterances === 0) throw new Error(`${run}: its development data are not there`);
    const fp32 = variants.find(({ precision }) => precision === "fp32").rates;
    for (const { precision, rates } of variants) {
      const change = 100 * (rates.wer - fp32.wer);
      const settings = `CER ${(100 * rates.cer).toFixed(2)}%, ${change >= 0 ? "+" : ""}${change.toFixed(2)} points of WER, ${numUtterances} utterances`;
      yield { ...row(`word errors, ${precision}`, 100 * rates.wer, null, "%"), settings };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
