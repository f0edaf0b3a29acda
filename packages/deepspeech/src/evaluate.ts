/** `deepspeech evaluate`. */

import { UserError } from "@deepspeech-ts/recognizer/system";
import { listenForInterrupt, nothingWritten, parseWhole, usageError } from "@deepspeech-ts/server/command-line";
import { isGreedy, withoutUndefined } from "@deepspeech-ts/speech";
import { checkpointFile } from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { analyse } from "@deepspeech-ts/toolkit/internal/evaluation/analysis.js";
import { compareResults } from "@deepspeech-ts/toolkit/internal/evaluation/comparison.js";
import { type DecodingConfig, greedyDecoding } from "@deepspeech-ts/toolkit/internal/evaluation/decoding-config.js";
import { describeDecoding } from "@deepspeech-ts/toolkit/internal/evaluation/describe-decoding.js";
import {
  type EvaluationOptions,
  type EvaluationRun,
  runEvaluation,
} from "@deepspeech-ts/toolkit/internal/evaluation/run-evaluation.js";
import { trainConfigSchema } from "@deepspeech-ts/toolkit/internal/training/config.js";
import type { Command } from "commander";
import { addDecodingFlags, givenDecoding } from "./decoding-flags.js";
import { checkInvariance, checkWordErrorRate } from "./evaluation-checks.js";
import { type Evaluation, type OutputFlags, requireWritableOutputs, writeEvaluation } from "./evaluation-outputs.js";
import { addFlags, givenSettings } from "./flags.js";
import { ProgressBar } from "./progress-bar.js";
import { resolveConfig } from "./resolve-config.js";
import { settingsOf } from "./settings.js";
import { refuseIdleSoundTags, transcriptsSchema } from "./transcript-flags.js";

const HELP = `
A run's folder stands for its best checkpoint. Data are folders in LibriSpeech's layout, or JSON-lines manifests. Rates are
corpus rates: (substitutions + deletions + insertions) / N, over all utterances together. The batch size affects speed, not
results. Recordings are processed as a whole, without the speech detection that bundles have. Confidence intervals and
comparisons are by bootstrap over utterances (Bisani and Ney, 2004), with 1,000 resamples that are the same each time.

Examples:
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 data/LibriSpeech/test-clean
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0/checkpoints/last.safetensors sample-corpus/test --show 5
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 my-recordings.jsonl --report report.html
  $ npx deepspeech-ts evaluate runs/new/version_0 data/LibriSpeech/dev-clean --compare runs/old/version_0
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 sample-corpus/test --lm english.lm --compare-greedy
  $ npx deepspeech-ts evaluate runs/deepspeech/version_0 sample-corpus/test --max-wer 20% --verify-invariance`;

/** What evaluation shares with training, by the same names and defaults. */
const schema = trainConfigSchema
  .pick({ device: true, threads: true, workers: true, maxBatchSeconds: true })
  .extend(transcriptsSchema.shape);
const settings = settingsOf(schema);

interface EvaluateFlags extends OutputFlags {
  compare?: string;
  compareGreedy?: true;
  maxWer?: number;
  verifyInvariance?: true;
}

export function configure(command: Command): void {
  command
    .argument("<checkpoint>", "a run's folder, or a .safetensors file")
    .argument("<data...>", "what to measure on")
    .option("--show <number>", "how many of the worst utterances to print", parseWhole("--show", 0), 0)
    .option("--breakdown", "also print the rates by speaker and by length")
    .option("--compare <checkpoint>", "also evaluate another model, and test whether they differ")
    .option("--compare-greedy", "compare with greedy decoding, to show the effect of a language model")
    .option("--json <file>", "write rates and every utterance as JSON; - for stdout")
    .option("--alignments <file>", "write word alignments in sclite's style, or as JSON if the name ends in .json")
    .option("--report <file>", "write an HTML report with audio, spectrograms and differences")
    .option(
      "--report-utterances <number>",
      "how many of the worst utterances the report shows",
      parseWhole("--report-utterances", 0),
      20,
    )
    .option("--max-wer <rate>", "fail if the word error rate is above this: 0.2, or 20%", parseRate)
    .option("--verify-invariance", "evaluate again alone and shuffled, and fail if the batch changes a result");
  addFlags(command, settings, []);
  addDecodingFlags(command);
  command.addHelpText("after", HELP).action(async (checkpoint: string, data: string[], flags: EvaluateFlags) => {
    const config = resolveConfig(schema, { flags: givenSettings(command, settings) });
    refuseIdleSoundTags(config);
    const decoding = await givenDecoding(command);
    refuseIdleFlags(command, decoding);
    requireWritableOutputs(flags, inputsOf({ checkpoint, data, decoding }, command));
    const evaluation = await evaluateAll({ checkpoint, data, ...withoutUndefined(config), decoding }, flags);
    await writeEvaluation(evaluation, flags);
    checkInvariance(evaluation.run.invariance);
    checkWordErrorRate(evaluation.run.rates.wer, flags.maxWer);
  });
}

/** @throws UserError (exit 2) for a flag that would do nothing */
function refuseIdleFlags(command: Command, decoding: DecodingConfig): void {
  const { json, show, breakdown, report, compareGreedy } = command.opts<EvaluateFlags>();
  if (json === "-" && (show > 0 || breakdown)) {
    throw usageError("--json - prints JSON alone; leave out --show and --breakdown, or give --json a file");
  }
  if (report === undefined && command.getOptionValueSource("reportUtterances") === "cli") {
    throw usageError("--report-utterances has no effect without --report");
  }
  if (compareGreedy && isGreedy(decoding, decoding.lm !== undefined)) {
    throw usageError("--compare-greedy has no effect on greedy decoding; give --lm, --hot-words or --beam-size");
  }
}

/** Every file that is read, so that none is written over. */
function inputsOf({ checkpoint, data, decoding }: Request, command: Command): string[] {
  const { compare, decoding: settingsFile } = command.opts<{ compare?: string; decoding?: string }>();
  const models = compare === undefined ? [checkpoint] : [checkpoint, compare];
  const others = [decoding.lm, settingsFile].filter((path) => path !== undefined && path !== null);
  return [...models.map(checkpointFile), ...data, ...others];
}

type Request = EvaluationOptions & { decoding: DecodingConfig };

async function evaluateAll(request: Request, flags: EvaluateFlags): Promise<Evaluation> {
  const run = await evaluateWithProgress("evaluating", {
    ...request,
    verifyInvariance: flags.verifyInvariance ?? false,
    evidenceOfWorst: flags.report === undefined ? 0 : flags.reportUtterances,
  });
  const { checkpoint, data, decoding } = request;
  const evaluation = { checkpoint, data, decoding, run, analysis: analyse(run.utterances) };
  if (flags.compare === undefined && !flags.compareGreedy) return evaluation;
  const other = {
    checkpoint: flags.compare ?? checkpoint,
    decoding: flags.compareGreedy ? greedyDecoding : decoding,
  };
  const { utterances } = await evaluateWithProgress("comparing", { ...request, ...other });
  const name = `${other.checkpoint}, ${describeDecoding(other.decoding)}`;
  return { ...evaluation, compared: { name, comparison: compareResults(run.utterances, utterances) } };
}

async function evaluateWithProgress(title: string, request: Request): Promise<EvaluationRun> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    const onProgress = (done: number, total: number) => bar.show(done, total, { title, figures: "utterances" });
    return await runEvaluation({ ...request, onProgress, signal: interruption.signal });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw nothingWritten();
  } finally {
    bar.close();
  }
}

/** A share, or a percentage that says so: what is above 1 without its sign is more likely a percentage than meant. */
function parseRate(text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text) ?? [];
  const rate = Number(digits) / (sign === "%" ? 100 : 1);
  if (sign === "%" || rate <= 1) return rate;
  throw new UserError(`--max-wer must be a share from 0 to 1, or a percentage such as 20%, not "${text}"`, {
    exitCode: 2,
  });
}
