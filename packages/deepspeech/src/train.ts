/** `deepspeech train`. */

import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "@deepspeech-ts/server/command-line";
import type { Dashboard } from "@deepspeech-ts/toolkit/internal/dashboard/index.js";
import type { TrainConfig } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import { runTraining } from "@deepspeech-ts/toolkit/internal/training/run-training.js";
import { type Place, placeIn } from "@deepspeech-ts/toolkit/internal/training/team/place.js";
import type { Command } from "commander";
import { addFlags, givenSettings } from "./flags.js";
import { measureSettingsCost, settingsCostLine } from "./kernel-settings.js";
import { readTrainConfig } from "./train-config.js";
import { provideTrainingData } from "./train-data.js";
import { trainSections, trainSettings } from "./train-flags.js";
import { TrainingReporter } from "./training-reporter.js";

const HELP = `
A flag overrides the configuration file, which overrides the recipe, which overrides the defaults. Paths are relative to the
current folder. A list is given as --train a b, --train a,b or --train a --train b.

Ctrl-C saves and stops; --resume continues from there, with the configuration that the run was started with. A second
Ctrl-C quits at once.

Missing subsets of LibriSpeech are downloaded first; without flags, its 960 hours.

Examples:
  $ npx deepspeech-ts train --config examples/quickstart.config.ts
  $ npx deepspeech-ts train --train sample-corpus/train --dev sample-corpus/dev --test sample-corpus/test --epochs 20
  $ npx deepspeech-ts train --config recipe.ts --learning-rate 3e-4 --model.hidden-size 256
  $ npx deepspeech-ts train --train my.jsonl --dev my-dev.jsonl --dashboard
  $ npx deepspeech-ts train --init-from runs/deepspeech/version_0 --train my.jsonl --dev my-dev.jsonl --freeze "cnn.*"
  $ npx deepspeech-ts train --resume runs/deepspeech/version_0`;

interface TrainFlags {
  config?: string;
  recipe?: string;
  download: boolean;
  dashboard?: true;
}

export function configure(command: Command): void {
  command
    .option("--config <file>", "configuration: .ts, .mts, .js, .mjs or .json")
    .option("--recipe <name>", `settings to start from: ${Object.keys(recipes).join(", ")} (default: default)`)
    .option("--dashboard", "serve a live dashboard of this and earlier runs, on this machine only")
    .option("--no-download", "fail if LibriSpeech is missing, instead of downloading it");
  addFlags(command, trainSettings, trainSections);
  command.addHelpText("after", HELP).action(async (flags: TrainFlags) => {
    const { config: file, recipe } = flags;
    await train(await readTrainConfig({ file, recipe, flags: givenSettings(command, trainSettings) }), flags);
  });
}

async function train(config: TrainConfig, { download, dashboard }: TrainFlags): Promise<void> {
  const place = placeIn(process.env);
  const speaks = !place || place.rank === 0;
  if (speaks) tellRanks(config, place);
  // Both before libtorch is loaded.
  if (speaks) await tellSlowKernels(config);
  await provideTrainingData(config, { mayDownload: download && !place });
  const page = dashboard && speaks ? await openPage(config) : undefined;
  try {
    await trainTelling(config, place);
  } finally {
    await page?.close();
  }
}

/** Who trains together, and how that is known. */
function tellRanks({ processes }: TrainConfig, place: Place | undefined): void {
  const found = place
    ? `${place.size} processes by ${place.startedBy}, ${place.localSize} of them here, meeting at ${place.host}:${place.port}`
    : `${processes} processes on this machine`;
  if (place || processes > 1) process.stdout.write(`Ranks  ${found}\n`);
}

/** A setting of the environment that holds the processor back. */
async function tellSlowKernels({ device, threads }: TrainConfig): Promise<void> {
  if (device !== "cpu") return;
  const slow = settingsCostLine(await measureSettingsCost(process.env, threads));
  if (slow) process.stdout.write(`Slow   ${slow}\n`);
}

async function openPage({ runs }: TrainConfig): Promise<Dashboard> {
  const { startDashboard } = await import("@deepspeech-ts/toolkit/internal/dashboard/index.js");
  const page = await startDashboard({ folders: [runs] });
  process.stdout.write(`Page   ${page.url}\n`);
  return page;
}

async function trainTelling(config: TrainConfig, place: Place | undefined): Promise<void> {
  const reporter = new TrainingReporter({
    writeLine: (line) => process.stdout.write(`${line}\n`),
    terminal: process.stderr.isTTY ? process.stderr : undefined,
    test: config.test,
  });
  using interruption = listenForInterrupt(() => {
    reporter.print("Stopping: the run will be saved after this step. Ctrl-C again quits at once.");
  });
  try {
    await runTraining(config, {
      place,
      signal: interruption.signal,
      onEvent: (event) => {
        reporter.handle(event);
        if (event.kind === "finished" && event.reason === "stopped") process.exitCode = INTERRUPTED_EXIT_CODE;
      },
    });
  } finally {
    reporter.close();
  }
}
