/** `deepspeech data splice`. */

import {
  listenForInterrupt,
  MOST_THREADS,
  nothingWritten,
  parseNumber,
  parseWhole,
} from "@deepspeech-ts/server/command-line";
import { withoutUndefined } from "@deepspeech-ts/speech";
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { type SpliceOptions, spliceCorpus } from "@deepspeech-ts/toolkit/internal/data/splicing/splice-corpus.js";
import type { Corpus } from "@deepspeech-ts/toolkit/internal/data/types.js";
import type { Command } from "commander";
import { complaintOfText, lowScore } from "./align-pairs.js";
import { complaintOf, type OpenBundle, openRecognizer } from "./bundle-recognizer.js";
import { leftOutLines } from "./data-lines.js";
import { defaultModel } from "./default-model.js";
import { formatBytes, formatDuration, formatPlural } from "./format.js";
import { ProgressBar } from "./progress-bar.js";

const HELP = `
A model that hears a few hours again and again learns what is said in them by heart. This makes new utterances of the
same voices: recordings are cut between words, where a model finds them, and pieces of two to six words of one speaker
are joined at random. Train on both, the corpus and its splices. They make a packed corpus: an hour takes 115 MB.

Examples:
  $ npx deepspeech-ts data splice my/train.jsonl --to my/spliced
  $ npx deepspeech-ts data splice my/train.jsonl --model my.dsb --to my/spliced --times 5
  $ npx deepspeech-ts train --train my/train.jsonl my/spliced --dev my/dev.jsonl`;

interface SpliceFlags {
  to: string;
  model?: string;
  times: number;
  minScore: number;
  seed: number;
  jobs: number;
  threads?: number;
}

export function configure(command: Command): void {
  command
    .argument("<data>", "a manifest, a packed corpus, or a folder in LibriSpeech's layout")
    .requiredOption("--to <dir>", "the folder to make")
    .option("--model <bundle>", "what finds the words (.dsb, see export; default: the English model)")
    .option("--times <number>", "how many times as long as the corpus they are", parseNumber("--times", 0.01), 3)
    .option(
      "--min-score <number>",
      "utterances that score lower are not cut; see align",
      parseNumber("--min-score", -1000),
      -1.8,
    )
    .option("--seed <number>", "other seeds draw other splices", parseWhole("--seed", 0), 1)
    .option("--jobs <n>", "recordings processed at a time", parseWhole("--jobs", 1), 4)
    .option(
      "--threads <n>",
      "threads for one operator (default: the number of cores)",
      parseWhole("--threads", 1, MOST_THREADS),
    )
    .addHelpText("after", HELP)
    .action(async (data: string, flags: SpliceFlags) => {
      const corpus = await loadUtterances(data);
      const { utterances, leftOut, numBytes } = await spliceWithProgress(corpus, flags);
      const problems = leftOutLines([...corpus.leftOut, ...leftOut]);
      if (problems.length > 0) process.stderr.write(`${problems.join("\n")}\n`);
      const seconds = utterances.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
      const made = formatPlural(utterances.length, "splice");
      process.stdout.write(`${flags.to}: ${made}, ${formatDuration(seconds)}, ${formatBytes(numBytes)}\n`);
    });
}

async function spliceWithProgress({ utterances }: Corpus, flags: SpliceFlags) {
  const { to, model, times, seed, jobs, threads, minScore } = flags;
  await using bundle = await openRecognizer(model ?? (await defaultModel()), {}, withoutUndefined({ threads }));
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  const { signal } = interruption;
  try {
    return await spliceCorpus(utterances, {
      ...{ folder: to, times, seed, jobs, signal },
      findWords: wordFinder(bundle, minScore, signal),
      onProgress: (done, total) => bar.show(done, total, { title: "splicing", figures: "utterances" }),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw nothingWritten();
  } finally {
    bar.close();
  }
}

function wordFinder({ recognizer }: OpenBundle, minScore: number, signal: AbortSignal): SpliceOptions["findWords"] {
  return async (samples, { audioPath: file, text }) => {
    const complaint = complaintOfText({ recording: file, text }, recognizer.header.alphabet);
    if (complaint !== undefined) return complaint;
    try {
      const { timedWords, score } = await recognizer.align(samples, text, { fileName: file, signal });
      return score < minScore ? `${file}: ${lowScore(score, minScore)}` : timedWords;
    } catch (error) {
      if (signal.aborted) throw error;
      return complaintOf(file, error);
    }
  };
}
