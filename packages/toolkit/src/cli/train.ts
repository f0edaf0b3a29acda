/** `deepspeech train`. */
import type { Command } from "commander";
import { trainConfigSchema } from "../training/config.js";
import { runTraining } from "../training/run-training.js";
import { readConfigFile } from "./config-file.js";
import { addFlags, givenSettings } from "./flags.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { type ConfigSources, resolveConfig } from "./resolve-config.js";
import { trainSections, trainSettings } from "./train-flags.js";
import { TrainingReporter } from "./training-reporter.js";

const HELP = `
A flag overrides the configuration file, which overrides the defaults. Paths are taken from the current folder.
A list is given as \`--train a b\`, \`--train a,b\` or \`--train a --train b\`.
Ctrl-C saves and stops; --resume goes on from there. After a second Ctrl-C the last save is what remains.

Examples:
  $ npx deepspeech train --config examples/quickstart.config.ts
  $ npx deepspeech train --train sample-corpus/train --dev sample-corpus/dev --test sample-corpus/test --epochs 20
  $ npx deepspeech train --config recipe.ts --learning-rate 3e-4 --model.hidden-size 256
  $ npx deepspeech train --resume runs/deepspeech/version_0`;

export function configure(command: Command): void {
  command.option("--config <file>", "configuration: .ts, .mts, .js, .mjs or .json");
  addFlags(command, trainSettings, trainSections);
  command.addHelpText("after", HELP).action((options: { config?: string }) => train(command, options.config));
}

async function train(command: Command, configPath: string | undefined): Promise<void> {
  const config = resolveConfig(trainConfigSchema, {
    file: await readSource(configPath),
    flags: givenSettings(command, trainSettings),
  });
  const reporter = new TrainingReporter({
    writeLine: (line) => process.stdout.write(`${line}\n`),
    terminal: process.stderr.isTTY ? process.stderr : undefined,
    test: config.test,
  });
  using interruption = listenForInterrupt(() => {
    reporter.print("Stopping: the run is being saved. Ctrl-C again quits at once.");
  });
  try {
    await runTraining(config, { onEvent: (event) => reporter.handle(event), signal: interruption.signal });
  } finally {
    reporter.close();
  }
  if (interruption.signal.aborted) process.exitCode = INTERRUPTED_EXIT_CODE;
}

/** The file that --config names, as a source for `resolveConfig`. */
export async function readSource(path: string | undefined): Promise<ConfigSources["file"]> {
  return path === undefined ? undefined : { path, content: await readConfigFile(path) };
}
