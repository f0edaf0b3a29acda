/** `deepspeech train`. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { UserError } from "../errors.js";
import { type TrainConfig, trainConfigSchema } from "../training/config.js";
import { runTraining } from "../training/run-training.js";
import { readConfigFile } from "./config-file.js";
import { addFlags, givenSettings } from "./flags.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { resolveConfig } from "./resolve-config.js";
import type { Setting } from "./settings.js";
import { trainSections, trainSettings } from "./train-flags.js";
import { TrainingReporter } from "./training-reporter.js";

const HELP = `
A flag overrides the configuration file, which overrides the defaults. Paths are taken from the current folder.
A list is given as --train a b, --train a,b or --train a --train b.
Ctrl-C saves and stops; --resume goes on from there, with the configuration that the run was started with. A second
Ctrl-C quits at once.

Examples:
  $ npx deepspeech train --config examples/quickstart.config.ts
  $ npx deepspeech train --train sample-corpus/train --dev sample-corpus/dev --test sample-corpus/test --epochs 20
  $ npx deepspeech train --config recipe.ts --learning-rate 3e-4 --model.hidden-size 256
  $ npx deepspeech train --resume runs/deepspeech/version_0`;

export function configure(command: Command): void {
  command.option("--config <file>", "configuration: .ts, .mts, .js, .mjs or .json");
  addFlags(command, trainSettings, trainSections);
  command.addHelpText("after", HELP).action(async (options: { config?: string }) => {
    await train(await readTrainConfig(options.config, givenSettings(command, trainSettings)));
  });
}

async function readTrainConfig(path: string | undefined, flags: ReadonlyMap<Setting, unknown>): Promise<TrainConfig> {
  const file = path === undefined ? undefined : await readConfigFile(path);
  const config = resolveConfig(trainConfigSchema, { file, flags });
  if (config.resume === undefined) {
    // Who trains on data of their own and names no test data has none: LibriSpeech's is no stand-in.
    const isGiven = (key: string) => file?.content[key] !== undefined || [...flags.keys()].some((s) => s.key === key);
    return isGiven("train") && !isGiven("test") ? { ...config, test: [] } : config;
  }
  const { readRunConfig } = await import("../training/session.js");
  return resolveConfig(trainConfigSchema, { base: readRunConfig(config.resume), file, flags });
}

/** Before libtorch is loaded. The defaults name LibriSpeech's own folders, which a new user does not have yet. */
function refuseMissingData({ train, dev, test }: TrainConfig): void {
  const missing = [...train, ...dev, ...test].find((path) => !existsSync(path));
  if (missing === undefined) return;
  const wayOut = missing.startsWith("data/LibriSpeech/")
    ? 'no such folder; "npx deepspeech data download librispeech" fetches it, or name your own with --train, --dev and --test'
    : "no such file; check the path.";
  throw new UserError(`${missing}: ${wayOut}`, { code: "file-not-found" });
}

async function train(config: TrainConfig): Promise<void> {
  refuseMissingData(config);
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
