/** `deepspeech evaluate`. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Command } from "commander";
import { UserError } from "../errors.js";
import type { EvaluationResult } from "../evaluation/evaluate.js";
import { runEvaluation } from "../evaluation/run-evaluation.js";
import { writeFileAtomically } from "../files.js";
import { trainConfigSchema } from "../training/config.js";
import { addDecodingFlags, givenDecoding } from "./decoding-flags.js";
import { evaluationLines, worstLines } from "./evaluation-lines.js";
import { addFlags, givenSettings } from "./flags.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { ProgressBar } from "./progress-bar.js";
import { resolveConfig, withoutUndefined } from "./resolve-config.js";
import { trainSettings } from "./train-flags.js";

const HELP = `
A run's folder stands for its best checkpoint. Data are folders in LibriSpeech's layout, or JSON-lines manifests.
Rates are corpus rates: (substitutions + deletions + insertions) / N, over all utterances together. The batch size
changes the speed and no result.

Examples:
  $ npx deepspeech evaluate runs/deepspeech/version_0 data/LibriSpeech/test-clean
  $ npx deepspeech evaluate runs/deepspeech/version_0/checkpoints/last.safetensors sample-corpus/test --show 5
  $ npx deepspeech evaluate runs/deepspeech/version_0 my-recordings.jsonl --json result.json`;

/** What evaluation shares with training, by the same names and defaults. */
const schema = trainConfigSchema.pick({
  device: true,
  threads: true,
  workers: true,
  batchSeconds: true,
  normalise: true,
});
const settings = trainSettings.filter(({ key }) => Object.hasOwn(schema.shape, key));

interface EvaluateFlags {
  json?: string;
  show: number;
}

export function configure(command: Command): void {
  command
    .argument("<checkpoint>", "a run's folder, or a .safetensors file")
    .argument("<data...>", "what to measure on")
    .option("--show <number>", "print so many of the worst utterances", parseCount, 0)
    .option("--json <file>", "write rates and every utterance as JSON; - for stdout");
  addFlags(command, settings, []);
  addDecodingFlags(command);
  command.addHelpText("after", HELP).action(async (checkpoint: string, data: string[], flags: EvaluateFlags) => {
    refuseMissingFolder(flags.json);
    const config = resolveConfig(schema, { flags: givenSettings(command, settings) });
    const decoding = await givenDecoding(command);
    const result = await evaluateWithProgress({ checkpoint, data, ...withoutUndefined(config), decoding });
    await writeResult(result, flags);
  });
}

async function evaluateWithProgress(request: Parameters<typeof runEvaluation>[0]): Promise<EvaluationResult> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    const onProgress = (done: number, total: number) =>
      bar.show(done, total, { title: "evaluating", figures: "utterances" });
    return await runEvaluation({ ...request, onProgress, signal: interruption.signal });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new UserError("interrupted; nothing was written", { code: "interrupted", exitCode: INTERRUPTED_EXIT_CODE });
  } finally {
    bar.close();
  }
}

async function writeResult(result: EvaluationResult, { json, show }: EvaluateFlags): Promise<void> {
  const text = `${JSON.stringify(result, null, 2)}\n`;
  if (json === "-") {
    process.stdout.write(text);
    return;
  }
  process.stdout.write(`${[...evaluationLines(result), ...worstLines(result, show)].join("\n")}\n`);
  if (json !== undefined) await writeFileAtomically(json, text);
}

/** Before the work, not after it. */
function refuseMissingFolder(json: string | undefined): void {
  if (json === undefined || json === "-" || existsSync(dirname(json))) return;
  throw new UserError(`--json ${json}: there is no folder ${dirname(json)}; create it first`, { exitCode: 2 });
}

function parseCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UserError(`--show must be a whole number of at least 0, not "${text}"`, { exitCode: 2 });
}
