/** `deepspeech data check`. */
import { type Alphabet, alphabetOf, englishAlphabet } from "@deepspeech-ts/speech";
import type { Command } from "commander";
import { numFrames } from "../acoustic-model/feature-config.js";
import { outputFrames } from "../acoustic-model/model-config.js";
import { type CheckResult, checkCorpus } from "../data/check/check-corpus.js";
import { writeManifest } from "../data/manifest.js";
import { loadNormaliser } from "../data/normaliser.js";
import type { Utterance } from "../data/types.js";
import { UserError } from "../errors.js";
import type { TrainConfig } from "../training/config.js";
import { recipes } from "../training/recipes/index.js";
import { batchSecondsOf } from "../training/run-length.js";
import { checkLines } from "./data-check-lines.js";
import { memoryLines } from "./data-check-memory.js";
import { loadCorpora } from "./data-corpora.js";
import { leftOutLines } from "./data-lines.js";
import { addFlags, givenSettings } from "./flags.js";
import { formatPlural } from "./format.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { parseWhole } from "./number-flags.js";
import { ProgressBar } from "./progress-bar.js";
import { readTrainConfig } from "./train-config.js";
import { trainSections, trainSettings } from "./train-flags.js";

const HELP = `
Every recording is decoded, at some hundred times real time a core; --no-audio looks at transcripts, stated durations
and speakers alone. Exit code 1 where something is of no use for training (marked ✗), unless --fix leaves it out.
Transcripts, batches and memory are judged for the training that the same flags and configuration file would start.

Examples:
  $ npx deepspeech data check my/train.jsonl
  $ npx deepspeech data check my/train.jsonl --held-out my/dev.jsonl my/test.jsonl --fix my/clean.jsonl
  $ npx deepspeech data check my/train.jsonl --config my/recipe.ts
  $ npx deepspeech data check data/LibriSpeech/train-clean-100 --no-audio --model.hidden-size 1024`;

/** What has a say in whether an utterance can be trained on, in the batches, and in their memory. */
const SETTINGS = new Set([
  ...["normalise", "normaliser", "soundTags", "alphabet", "minDurationSeconds", "maxDurationSeconds"],
  ...["device", "precision", "epochs", "maxBatchSeconds", "maxBatchUtterances", "accumulateBatches"],
  ...["emaDecay", "speedFactors", "tempoFactors"],
]);
const settings = trainSettings.filter(({ key, path }) => SETTINGS.has(key) || ["features", "model"].includes(path[0]!));

/** With the length of batches, where nobody said it. */
type BatchedConfig = TrainConfig & { maxBatchSeconds: number };

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
    .option("--fix <manifest>", "write a .jsonl manifest of what is of use, with durations corrected")
    .option("--no-audio", "do not listen to the recordings")
    .option("--workers <number>", "threads that decode", parseWhole("--workers", 1))
    .option("--show <number>", "name so many utterances of each kind", parseWhole("--show", 0), 5)
    .option("--config <file>", "the training's configuration: .ts, .mts, .js, .mjs or .json")
    .option("--recipe <name>", `the training's recipe: ${Object.keys(recipes).join(" or ")} (default: default)`);
  addFlags(command, settings, trainSections);
  command.addHelpText("after", HELP).action(async (data: string[], flags: CheckFlags) => {
    const { config: file, recipe } = flags;
    await check(data, flags, await readTrainConfig({ file, recipe, flags: givenSettings(command, settings) }));
  });
}

async function check(data: string[], flags: CheckFlags, asked: TrainConfig): Promise<void> {
  const alphabet = asked.alphabet === undefined ? englishAlphabet : alphabetOf(asked.alphabet);
  const { utterances, leftOut } = await loadCorpora(data);
  const audioSeconds = utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
  const config = { ...asked, maxBatchSeconds: batchSecondsOf(asked, audioSeconds) };
  const heldOut = flags.heldOut ? (await loadCorpora(flags.heldOut)).utterances : [];
  const result = await checkWithProgress(utterances, heldOut, { flags, config, alphabet });
  const memory = memoryLines(result.largestBatch, config, { numTokens: alphabet.tokens.length });
  const lines = checkLines(utterances, result, { ...flags, maxBatchSeconds: config.maxBatchSeconds, memory });
  process.stdout.write(`${[...leftOutLines(leftOut), ...lines].join("\n")}\n`);
  if (flags.fix === undefined) {
    if (result.numDropped > 0) process.exitCode = 1;
    return;
  }
  if (result.clean.length === 0) {
    throw new UserError("no utterance is of use; nothing was written.", { code: "bad-corpus" });
  }
  await writeManifest(flags.fix, result.clean);
  const dropped = formatPlural(result.numDropped, "utterance");
  process.stdout.write(`${flags.fix}: ${formatPlural(result.clean.length, "utterance")}; ${dropped} dropped\n`);
}

async function checkWithProgress(
  utterances: Utterance[],
  heldOut: Utterance[],
  { flags, config, alphabet }: { flags: CheckFlags; config: BatchedConfig; alphabet: Alphabet },
): Promise<CheckResult> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    return await checkCorpus(utterances, {
      heldOut,
      alphabet,
      normalise: config.normalise,
      soundTags: config.soundTags,
      ...(config.normaliser !== undefined && { normaliser: await loadNormaliser(config.normaliser) }),
      framesOf: (seconds) => framesOf(seconds, config),
      fastestSpeed: Math.max(...config.speedFactors) * Math.max(...config.tempoFactors),
      listens: flags.audio,
      plan: planOptions(config),
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

function planOptions(config: BatchedConfig) {
  const { maxBatchSeconds, maxBatchUtterances, seed, minDurationSeconds, maxDurationSeconds } = config;
  const { speedFactors, tempoFactors } = config;
  return {
    maxBatchSeconds,
    maxBatchUtterances,
    speedFactors,
    tempoFactors,
    seed,
    minDurationSeconds,
    maxDurationSeconds,
  };
}

/** Frames of the features, then of the model. */
function framesOf(seconds: number, { features, model }: TrainConfig): number {
  return outputFrames(numFrames(Math.floor(seconds * features.sampleRate), features), model);
}
