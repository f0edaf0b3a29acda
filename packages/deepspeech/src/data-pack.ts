/** `deepspeech data pack`. */

import { listenForInterrupt, MOST_THREADS, nothingWritten, parseWhole } from "@deepspeech-ts/server/command-line";
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import { packCorpus } from "@deepspeech-ts/toolkit/internal/data/packing/pack-corpus.js";
import type { Corpus } from "@deepspeech-ts/toolkit/internal/data/types.js";
import type { Command } from "commander";
import { leftOutLines } from "./data-lines.js";
import { formatBytes, formatPlural } from "./format.js";
import { ProgressBar } from "./progress-bar.js";

const HELP = `
Recordings are decoded, mixed to one channel and resampled to 16 kHz once, and stored as 16-bit samples in a few large files,
which training then reads instead: an hour takes 115 MB. The folder can be used wherever a corpus is expected.

Examples:
  $ npx deepspeech-ts data pack data/LibriSpeech/train-clean-100 --to packed/train-clean-100
  $ npx deepspeech-ts train --train packed/train-clean-100`;

interface PackFlags {
  to: string;
  shardMegabytes: number;
  workers?: number;
}

export function configure(command: Command): void {
  command
    .argument("<data>", "a manifest, or a folder in LibriSpeech's layout")
    .requiredOption("--to <dir>", "the folder to make")
    .option("--shard-megabytes <number>", "size of a file", parseWhole("--shard-megabytes", 1), 256)
    .option("--workers <number>", "threads that decode", parseWhole("--workers", 1, MOST_THREADS))
    .addHelpText("after", HELP)
    .action(async (data: string, flags: PackFlags) => {
      const corpus = await loadUtterances(data);
      const { utterances, failures, numShards, numBytes } = await packWithProgress(corpus, flags);
      const unread = failures.map(({ utterance, reason }) => ({ id: utterance.id, reason }));
      const problems = leftOutLines([...corpus.leftOut, ...unread]);
      if (problems.length > 0) process.stderr.write(`${problems.join("\n")}\n`);
      const [packed, files] = [formatPlural(utterances.length, "utterance"), formatPlural(numShards, "file")];
      process.stdout.write(`${flags.to}: ${packed} in ${files}, ${formatBytes(numBytes)}\n`);
    });
}

async function packWithProgress({ utterances }: Corpus, { to, shardMegabytes, workers }: PackFlags) {
  const bar = new ProgressBar(process.stderr.isTTY ? process.stderr : undefined);
  using interruption = listenForInterrupt(() => bar.close());
  try {
    return await packCorpus(utterances, {
      folder: to,
      shardBytes: shardMegabytes * 2 ** 20,
      ...(workers === undefined ? {} : { numWorkers: workers }),
      signal: interruption.signal,
      onProgress: (done, total) => bar.show(done, total, { title: "packing", figures: "utterances" }),
    });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    throw nothingWritten();
  } finally {
    bar.close();
  }
}
