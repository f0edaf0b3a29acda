/** `deepspeech export`. */

import { listenForInterrupt, nothingWritten, usageError } from "@deepspeech-ts/server/command-line";
import { BUNDLE_PRECISIONS, type BundlePrecision, withoutUndefined } from "@deepspeech-ts/speech";
import { describeDecoding } from "@deepspeech-ts/toolkit/internal/evaluation/describe-decoding.js";
import { type ExportOptions, type ExportResult, runExport } from "@deepspeech-ts/toolkit/internal/export/run-export.js";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import type { Command } from "commander";
import { addDecodingFlags, decodingOfBundle } from "./decoding-flags.js";
import { exportLines } from "./export-lines.js";
import { addFlags, givenSettings, SettingOption } from "./flags.js";
import { ProgressBar } from "./progress-bar.js";
import { resolveConfig } from "./resolve-config.js";
import { settingsOf } from "./settings.js";
import { refuseIdleSoundTags, transcriptsSchema } from "./transcript-flags.js";

const HELP = `
A bundle is one file that recognises speech without libtorch, in Node and in a browser: features, model, alphabet,
decoding settings and language model. Variants: fp32 as trained; fp16 with weights of half the size; int8 with weights of a
quarter of the size, and the fastest; web as small as int8, for download by pages, and as fast as fp32. Each is compared with
the trained model, and evaluated on the run's development data.

Examples:
  $ npx deepspeech-ts export runs/deepspeech/version_0 --output model.dsb
  $ npx deepspeech-ts export runs/deepspeech/version_0 --output model.dsb --precision all
  $ npx deepspeech-ts export runs/deepspeech/version_0 --output model.dsb --precision int8 --decoding decoding.json
  $ npx deepspeech-ts export runs/deepspeech/version_0 --output model.dsb --evaluate data/LibriSpeech/dev-clean`;

const schema = trainConfigSchema.pick({ threads: true, workers: true }).extend(transcriptsSchema.shape);
const settings = settingsOf(schema);

interface ExportFlags {
  output: string;
  precision: BundlePrecision[];
  evaluate?: string[] | false;
  license?: string;
}

export function configure(command: Command): void {
  command
    .argument("<checkpoint>", "a run's folder, or a .safetensors file")
    .requiredOption(
      "--output <file>",
      "the bundle to write, ending in .dsb; of several, each gets its precision's name",
    )
    .addOption(
      new SettingOption(
        "--precision <names>",
        `one or more of ${BUNDLE_PRECISIONS.join(", ")}, separated by commas; or all`,
        [...BUNDLE_PRECISIONS, "all"],
      )
        .argParser(parsePrecisions)
        .default(["fp32"], "fp32"),
    )
    .option("--evaluate <path...>", "corpora to evaluate on (default: the run's development data)")
    .option("--no-evaluate", "skip evaluation")
    .option("--license <name>", "the model's licence, such as CC-BY-4.0; info shows it");
  addFlags(command, settings, []);
  addDecodingFlags(command);
  command.addHelpText("after", HELP).action(async (checkpoint: string, flags: ExportFlags) => {
    const config = resolveConfig(schema, { flags: givenSettings(command, settings) });
    refuseIdleSoundTags(config);
    const decoding = await decodingOfBundle(command);
    const evaluate = flags.evaluate === false ? [] : flags.evaluate;
    const request = {
      checkpoint,
      output: flags.output,
      precisions: flags.precision,
      decoding,
      ...withoutUndefined({ ...config, license: flags.license }),
    };
    const result = await exportWithProgress({ ...request, ...(Array.isArray(evaluate) && { evaluate }) });
    process.stdout.write(`${exportLines(result, describeDecoding(decoding)).join("\n")}\n`);
  });
}

async function exportWithProgress(request: ExportOptions): Promise<ExportResult> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    const onProgress = (precision: BundlePrecision, done: number, total: number) =>
      bar.show(done, total, { title: `measuring ${precision}`, figures: "utterances" });
    return await runExport({ ...request, onProgress, signal: interruption.signal });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw nothingWritten();
  } finally {
    bar.close();
  }
}

/** In the order of their sizes, each once, whatever was given. */
function parsePrecisions(text: string): BundlePrecision[] {
  const names = text === "all" ? [...BUNDLE_PRECISIONS] : text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !BUNDLE_PRECISIONS.some((precision) => precision === name));
  if (unknown === undefined) return BUNDLE_PRECISIONS.filter((precision) => names.includes(precision));
  throw usageError(`--precision must be all, or of ${BUNDLE_PRECISIONS.join(", ")}, not "${unknown}"`);
}
