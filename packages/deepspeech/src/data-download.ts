/** `deepspeech data download`. */

import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  findSubset,
  LIBRISPEECH_SUBSETS,
  type LibriSpeechSubset,
} from "@deepspeech-ts/toolkit/internal/data/download/librispeech-subsets.js";
import type { Command } from "commander";
import { downloadSubsets } from "./download-subsets.js";
import { formatBytes } from "./format.js";

const HELP = `
Subsets:
${LIBRISPEECH_SUBSETS.map(describe).join("\n")}

Archives are verified against their published MD5, unpacked under DIR/LibriSpeech, and deleted. An interrupted download
resumes where it stopped; if a mirror fails, others are tried. LibriSpeech is licensed under
CC BY 4.0 (https://www.openslr.org/12).

Examples:
  $ npx deepspeech-ts data download librispeech
  $ npx deepspeech-ts data download librispeech --subset train-clean-5 dev-clean-2
  $ npx deepspeech-ts data download librispeech --subset test-other --to /big/disk/data`;

/** What "deepspeech train" reads by default. */
const DEFAULT_SUBSETS = ["train-clean-100", "train-clean-360", "train-other-500", "dev-clean", "test-clean"];

function describe({ name, description, archiveBytes }: LibriSpeechSubset): string {
  return `  ${name.padEnd(16)} ${description}, ${formatBytes(archiveBytes)}`;
}

interface DownloadFlags {
  subset: string[];
  to: string;
  mirror?: string[];
}

export function configure(command: Command): void {
  command
    .argument("<corpus>", "librispeech")
    .option("--subset <name...>", "which subsets", DEFAULT_SUBSETS)
    .option("--to <dir>", "the folder for LibriSpeech/", "data")
    .option("--mirror <url...>", "mirrors to use instead of OpenSLR, such as https://www.openslr.org")
    .addHelpText("after", HELP)
    .action(async (corpus: string, flags: DownloadFlags) => {
      if (corpus !== "librispeech") {
        throw new UserError(`corpus is "${corpus}", expected librispeech.`, { exitCode: 2 });
      }
      await downloadAll(flags);
    });
}

async function downloadAll({ subset: names, to: folder, mirror }: DownloadFlags): Promise<void> {
  for (const url of mirror ?? []) {
    if (!URL.canParse(url))
      throw new UserError(`--mirror is "${url}", expected an address such as https://www.openslr.org.`, {
        exitCode: 2,
      });
  }
  const subsets = names.flatMap((name) => name.split(",")).map(findSubset);
  await downloadSubsets(subsets, { folder, mirrors: mirror });
}
