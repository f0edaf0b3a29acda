/** `deepspeech data import`. */

import { UserError } from "@deepspeech-ts/recognizer/system";
import { findImporter, IMPORTERS } from "@deepspeech-ts/toolkit/internal/data/importers/importers.js";
import { requireManifestPath, writeManifest } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import type { Command } from "commander";
import { leftOutLines } from "./data-lines.js";
import { formatAudio, formatPlural } from "./format.js";

const HELP = `
Formats:
${IMPORTERS.map(({ name, source }) => `  ${name.padEnd(14)} SOURCE is ${source}`).join("\n")}

The manifest holds paths, relative to its own folder, and transcripts as they are written; the audio stays where it is.
What cannot be used is left out and listed.

Examples:
  $ npx deepspeech-ts data import common-voice cv/en/train.tsv --to my/train.jsonl
  $ npx deepspeech-ts data import folder recordings/ --to my/train.jsonl`;

export function configure(command: Command): void {
  command
    .argument("<format>", `one of ${IMPORTERS.map(({ name }) => name).join(", ")}`)
    .argument("<source>", "the corpus")
    .requiredOption("--to <manifest>", "the .jsonl file to write")
    .addHelpText("after", HELP)
    .action(async (format: string, source: string, { to }: { to: string }) => {
      const importer = findImporter(format);
      requireManifestPath(to, [source]);
      const { utterances, leftOut } = await importer.read(source);
      const problems = leftOutLines(leftOut);
      if (problems.length > 0) process.stderr.write(`${problems.join("\n")}\n`);
      if (utterances.length === 0) {
        throw new UserError(`${source}: holds no utterance that can be used; nothing was written.`, {
          code: "bad-corpus",
        });
      }
      await writeManifest(to, utterances);
      const seconds = utterances.reduce((total, { durationSeconds }) => total + durationSeconds, 0);
      process.stdout.write(`${to}: ${formatPlural(utterances.length, "utterance")}, ${formatAudio(seconds)}\n`);
    });
}
