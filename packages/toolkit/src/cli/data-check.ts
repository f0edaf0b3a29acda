/** `deepspeech data check`. */
import { englishAlphabet } from "@deepspeech-ts/speech";
import type { Command } from "commander";
import { defaultFeatureConfig, numFrames } from "../acoustic-model/feature-config.js";
import { outputFrames } from "../acoustic-model/model-config.js";
import { type CheckResult, checkCorpus } from "../data/check/check-corpus.js";
import { writeManifest } from "../data/manifest.js";
import type { Utterance } from "../data/types.js";
import { UserError } from "../errors.js";
import { checkLines } from "./data-check-lines.js";
import { loadCorpora } from "./data-corpora.js";
import { leftOutLines } from "./data-lines.js";
import { formatPlural } from "./format.js";
import { INTERRUPTED_EXIT_CODE, listenForInterrupt } from "./interrupt.js";
import { parseNumber, parseWhole } from "./number-flags.js";
import { ProgressBar } from "./progress-bar.js";

const HELP = `
Every recording is decoded, at some hundred times real time a core; --no-audio looks at transcripts, stated durations
and speakers alone. Exit code 1 where something is of no use for training (marked ✗), unless --fix leaves it out.

Examples:
  $ npx deepspeech data check my/train.jsonl
  $ npx deepspeech data check my/train.jsonl --held-out my/dev.jsonl my/test.jsonl --fix my/clean.jsonl
  $ npx deepspeech data check data/LibriSpeech/train-clean-100 --no-audio`;

interface CheckFlags {
  heldOut?: string[];
  fix?: string;
  audio: boolean;
  normalise: boolean;
  batchSeconds: number;
  timeStride: number;
  fastestSpeed: number;
  workers?: number;
  show: number;
}

export function configure(command: Command): void {
  command
    .argument("<data...>", "training data: manifests, packed corpora, or folders in LibriSpeech's layout")
    .option("--held-out <data...>", "dev and test data, whose speakers and recordings must not be trained on")
    .option("--fix <manifest>", "write a .jsonl manifest of what is of use, with durations corrected")
    .option("--no-audio", "do not listen to the recordings")
    .option("--no-normalise", "take transcripts as they stand")
    .option(
      "--batch-seconds <number>",
      "batch size of the plan whose padding is predicted",
      parseNumber("--batch-seconds", 1),
      160,
    )
    .option("--time-stride <number>", "the model's frames for each frame of output", parseWhole("--time-stride", 1), 2)
    .option(
      "--fastest-speed <number>",
      "the greatest of the speed factors in training",
      parseNumber("--fastest-speed", 0.5),
      1.1,
    )
    .option("--workers <number>", "threads that decode", parseWhole("--workers", 1))
    .option("--show <number>", "name so many utterances of each kind", parseWhole("--show", 0), 5)
    .addHelpText("after", HELP)
    .action((data: string[], flags: CheckFlags) => check(data, flags));
}

async function check(data: string[], flags: CheckFlags): Promise<void> {
  const { utterances, leftOut } = await loadCorpora(data);
  const heldOut = flags.heldOut ? (await loadCorpora(flags.heldOut)).utterances : [];
  const result = await checkWithProgress(utterances, heldOut, flags);
  const lines = [...leftOutLines(leftOut), ...checkLines(utterances, result, flags)];
  process.stdout.write(`${lines.join("\n")}\n`);
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
  flags: CheckFlags,
): Promise<CheckResult> {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    return await checkCorpus(utterances, {
      heldOut,
      alphabet: englishAlphabet,
      normalise: flags.normalise,
      framesOf: (seconds) => framesOf(seconds, flags.timeStride),
      fastestSpeed: flags.fastestSpeed,
      listens: flags.audio,
      maxBatchSeconds: flags.batchSeconds,
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

/** Frames of the default features, then of the model. */
function framesOf(seconds: number, timeStride: number): number {
  const frames = numFrames(Math.floor(seconds * defaultFeatureConfig.sampleRate), defaultFeatureConfig);
  return outputFrames(frames, { timeStride });
}
