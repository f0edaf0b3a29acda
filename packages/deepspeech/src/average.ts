/** `deepspeech average`. */

import { requireWritable } from "@deepspeech-ts/recognizer/system";
import { usageError } from "@deepspeech-ts/server/command-line";
import {
  averageCheckpoints,
  checkpointFile,
  saveCheckpoint,
} from "@deepspeech-ts/toolkit/internal/acoustic-model/index.js";
import { tidy } from "@deepspeech-ts/torch";
import type { Command } from "commander";
import { formatPlural } from "./format.js";

const HELP = `
Checkpoints of one run, such as those that "deepspeech train --keep-best 5" keeps, often average to a better model
than each of them. The training state is left out: an average can be evaluated and fine-tuned, but not resumed.

Examples:
  $ npx deepspeech-ts average runs/deepspeech/version_0/checkpoints/epoch-*.safetensors --output averaged.safetensors
  $ npx deepspeech-ts evaluate averaged.safetensors data/LibriSpeech/dev-clean`;

export function configure(command: Command): void {
  command
    .argument("<checkpoints...>", "two or more .safetensors files, or runs' folders, which stand for their best")
    .requiredOption("--output <file>", "where to write the average: a name that ends in .safetensors")
    .addHelpText("after", HELP)
    .action((checkpoints: string[], { output }: { output: string }) => {
      if (!output.endsWith(".safetensors")) {
        throw usageError(`--output must end in .safetensors, not "${output}"`);
      }
      requireWritable(output, checkpoints.map(checkpointFile));
      tidy(() => {
        const { header, tensors } = averageCheckpoints(checkpoints);
        saveCheckpoint(output, { ...header, training: { averageOf: checkpoints } }, tensors);
      });
      process.stdout.write(`The average of ${formatPlural(checkpoints.length, "checkpoint")} is in ${output}\n`);
    });
}
