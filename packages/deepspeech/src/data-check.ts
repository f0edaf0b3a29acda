/** `deepspeech data check`. */

import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  INTERRUPTED_EXIT_CODE,
  listenForInterrupt,
  MOST_THREADS,
  parseWhole,
} from "@deepspeech-ts/server/command-line";
import { type Alphabet, alphabetOf, englishAlphabet } from "@deepspeech-ts/speech";
import { trainingPreparation } from "@deepspeech-ts/toolkit/internal/acoustic-model/corpora.js";
import { type CheckResult, checkCorpus } from "@deepspeech-ts/toolkit/internal/data/check/check-corpus.js";
import { loadCorpora } from "@deepspeech-ts/toolkit/internal/data/load-corpora.js";
import { requireManifestPath, writeManifest } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { loadNormaliser } from "@deepspeech-ts/toolkit/internal/data/normaliser.js";
import type { Utterance } from "@deepspeech-ts/toolkit/internal/data/types.js";
import type { TrainConfig } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { recipes } from "@deepspeech-ts/toolkit/internal/training/recipes/index.js";
import { batchSecondsOf } from "@deepspeech-ts/toolkit/internal/training/run-length.js";
import type { Command } from "commander";
import { checkLines } from "./data-check-lines.js";
import { memoryLines } from "./data-check-memory.js";
import { leftOutLines } from "./data-lines.js";
import { addFlags, givenSettings } from "./flags.js";
import { formatPlural } from "./format.js";
import { ProgressBar } from "./progress-bar.js";
import { readTrainConfig } from "./train-config.js";
import { trainSections, trainSettings } from "./train-flags.js";

const HELP = `
Every recording is decoded, at some hundred times real time a core; --no-audio checks only transcripts, stated
durations and speakers. The exit code is 1 if something is of no use for training (marked ✗), or would be left out of it as
it is stated (marked ~), unless --fix writes the rest. Transcripts, batches and memory are judged for the training that the
same flags and configuration file would start.

Examples:
  $ npx deepspeech-ts data check my/train.jsonl
  $ npx deepspeech-ts data check my/train.jsonl --held-out my/dev.jsonl my/test.jsonl --fix my/clean.jsonl
  $ npx deepspeech-ts data check my/train.jsonl --config my/recipe.ts
  $ npx deepspeech-ts data check data/LibriSpeech/train-clean-100 --no-audio --model.hidden-size 1024`;

/** What has a say in whether an utterance can be trained on, in the batches, and in their memory. */
const SETTINGS = new Set([
  ...["normalise", "normaliser", "soundTags", "alphabet", "phones", "initFrom"],
  ...["minDurationSeconds", "maxDurationSeconds"],
  ...["device", "precision", "epochs", "maxBatchSeconds", "maxBatchUtterances", "accumulateBatches"],
  ...["optimizer", "emaDecay", "speedFactors", "tempoFactors"],
]);
const settings = trainSettings.filter(({ key, path }) => SETTINGS.has(key) || ["features", "model"].includes(path[0]!));

interface CheckFlags {
  config?: string;
  recipe?: string;
  heldOut?: string[];
  fix?: string;
  audio: boolean;
  workers?: number;
  show: number;
}

export function configure(command: Command): void {
  command
    .argument("<data...>", "training data: manifests, packed corpora, or folders in LibriSpeech's layout")
    .option("--held-out <data...>", "dev and test data, whose speakers and recordings must not be trained on")
    .option("--fix <manifest>", "write a .jsonl manifest of the usable utterances, with corrected durations")
    .option("--no-audio", "do not decode the recordings")
    .option("--workers <number>", "threads that decode", parseWhole("--workers", 1, MOST_THREADS))
    .option("--show <number>", "how many utterances of each kind to list", parseWhole("--show", 0), 5)
    .option("--config <file>", "the training's configuration: .ts, .mts, .js, .mjs or .json")
    .option("--recipe <name>", `the training's recipe: ${Object.keys(recipes).join(" or ")} (default: default)`);
  addFlags(command, settings, trainSections);
  command.addHelpText("after", HELP).action(async (data: string[], flags: CheckFlags) => {
    const { config: file, recipe } = flags;
    await check(data, flags, await readTrainConfig({ file, recipe, flags: givenSettings(command, settings) }));
  });
}

async function check(data: string[], flags: CheckFlags, config: TrainConfig): Promise<void> {
  if (flags.fix !== undefined) requireManifestPath(flags.fix, [...data, ...(flags.heldOut ?? [])]);
  const alphabet = await alphabetFor(config);
  const { utterances, leftOut } = await loadCorpora(data);
  const heldOut = flags.heldOut ? (await loadCorpora(flags.heldOut)).utterances : [];
  const result = await checkWithProgress(utterances, heldOut, { flags, config, alphabet });
  const memory = memoryLines(result.largestBatch, config, { numTokens: alphabet.tokens.length });
  const lines = checkLines(utterances, result, { ...flags, memory });
  process.stdout.write(`${[...leftOutLines(leftOut), ...lines].join("\n")}\n`);
  if (flags.fix === undefined) {
    if (result.numDropped + result.numMended > 0) process.exitCode = 1;
    return;
  }
  if (result.clean.length === 0) {
    throw new UserError("no utterance is of use; nothing was written.", { code: "bad-corpus" });
  }
  await writeManifest(flags.fix, result.clean);
  const dropped = formatPlural(result.numDropped, "utterance");
  process.stdout.write(`${flags.fix}: ${formatPlural(result.clean.length, "utterance")}; ${dropped} dropped\n`);
}

/** Training's own; libtorch is loaded only where a model or a run has the say. */
async function alphabetFor(config: TrainConfig): Promise<Alphabet> {
  if (config.initFrom === undefined && config.resume === undefined) {
    return config.alphabet === undefined ? englishAlphabet : alphabetOf(config.alphabet);
  }
  return (await import("@deepspeech-ts/toolkit/internal/training/starting-point.js")).alphabetFor(config);
}

async function checkWithProgress(
  utterances: Utterance[],
  heldOut: Utterance[],
  { flags, config, alphabet }: { flags: CheckFlags; config: TrainConfig; alphabet: Alphabet },
): Promise<CheckResult> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    return await checkCorpus(utterances, {
      heldOut,
      prepare: {
        ...trainingPreparation({ ...config, alphabet }),
        ...(config.normaliser !== undefined && { normaliser: await loadNormaliser(config.normaliser) }),
      },
      listens: flags.audio,
      plan: (audioSeconds) => planOptions(config, audioSeconds),
      ...(flags.workers === undefined ? {} : { numWorkers: flags.workers }),
      signal: interruption.signal,
      onProgress: (done, total) => bar.show(done, total, { title: "listening", figures: "recordings" }),
    });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw new UserError("interrupted; nothing was written", { code: "interrupted", exitCode: INTERRUPTED_EXIT_CODE });
  } finally {
    bar.close();
  }
}

function planOptions(config: TrainConfig, audioSeconds: number) {
  const { maxBatchUtterances, speedFactors, tempoFactors, seed } = config;
  return {
    maxBatchSeconds: batchSecondsOf(config, audioSeconds),
    maxBatchUtterances,
    speedFactors,
    tempoFactors,
    seed,
  };
}
