/**
 * The data that `deepspeech train` was told to read, brought to the disk where it is LibriSpeech and missing. A path is
 * known as LibriSpeech's by its end, `LibriSpeech/<subset>`; everything else that is missing is refused.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { UserError } from "@deepspeech-ts/recognizer/system";
import { freeDiskBytes, unpackingBytes } from "@deepspeech-ts/toolkit/internal/data/download/disk-space.js";
import {
  isSubsetThere,
  presentArchiveBytes,
} from "@deepspeech-ts/toolkit/internal/data/download/download-librispeech.js";
import {
  LIBRISPEECH_SUBSETS,
  type LibriSpeechSubset,
} from "@deepspeech-ts/toolkit/internal/data/download/librispeech-subsets.js";
import type { TrainConfig } from "@deepspeech-ts/toolkit/internal/training/config.js";
import { downloadSubsets } from "./download-subsets.js";
import { formatBytes } from "./format.js";

/** The folder of the configuration's defaults. It is made; any other must be there, lest a slip of the pen fill a disk. */
const DATA_FOLDER = "data";

interface Missing {
  path: string;
  /** The folder of LibriSpeech/, and what is to be fetched into it; undefined where the path is another corpus. */
  source: { folder: string; subset: LibriSpeechSubset } | undefined;
}

/**
 * Downloads the subsets that are missing, having said which and how much that is. What was cut short goes on.
 *
 * @throws UserError where something else is missing, the disk is too small, or nothing may be downloaded
 */
export async function provideTrainingData(
  { train, dev, test }: Pick<TrainConfig, "train" | "dev" | "test">,
  { mayDownload }: { mayDownload: boolean },
): Promise<void> {
  const missing = [...new Set([...train, ...dev, ...test])].map(lookAt).filter((found) => found !== undefined);
  const refused = missing.find(({ source }) => !mayDownload || source === undefined);
  if (refused) throw refusal(refused);
  const byFolder = new Map<string, Set<LibriSpeechSubset>>();
  for (const { source } of missing) {
    const { folder, subset } = source!;
    byFolder.set(folder, (byFolder.get(folder) ?? new Set()).add(subset));
  }
  for (const [folder, subsets] of byFolder) await download([...subsets], folder);
}

/** What is wrong with a path; undefined where it is there. */
function lookAt(path: string): Missing | undefined {
  const source = sourceOf(path);
  const isThere = source ? isSubsetThere(path) : existsSync(path);
  return isThere ? undefined : { path, source };
}

function sourceOf(path: string): Missing["source"] {
  const corpus = dirname(normalize(path));
  const subset = LIBRISPEECH_SUBSETS.find(({ name }) => name === basename(path));
  if (!subset || basename(corpus) !== "LibriSpeech") return undefined;
  const folder = dirname(corpus);
  return folder === DATA_FOLDER || existsSync(folder) ? { folder, subset } : undefined;
}

function refusal({ path, source }: Missing): UserError {
  const wayOut =
    source || path.startsWith(`${DATA_FOLDER}/LibriSpeech/`)
      ? 'no such folder; "npx deepspeech-ts data download librispeech" fetches it, or name your own with --train, --dev and --test'
      : "no such file; check the path.";
  return new UserError(`${path}: ${wayOut}`, { code: "file-not-found" });
}

async function download(subsets: readonly LibriSpeechSubset[], folder: string): Promise<void> {
  const total = subsets.reduce((sum, { archiveBytes }) => sum + archiveBytes, 0);
  const present = subsets.reduce((sum, subset) => sum + presentArchiveBytes(subset, folder), 0);
  const needed = unpackingBytes(subsets.map(({ archiveBytes }) => archiveBytes)) - present;
  const free = await freeDiskBytes(folder);
  const names = subsets.map(({ name, archiveBytes }) => `${name} (${formatBytes(archiveBytes)})`).join(", ");
  const begun = present > 0 ? `, of which ${formatBytes(present)} are there` : "";
  const lines = [
    `${join(folder, "LibriSpeech")}: not there yet, and fetched first: ${names}`,
    `${formatBytes(total)} to download${begun}; unpacked one by one, ${formatBytes(needed)} of disk, and ${formatBytes(free)} are free`,
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
  if (needed > free) throw tooSmall(folder, { needed, free });
  process.stderr.write("Ctrl-C stops; the same command resumes from there.\n");
  await downloadSubsets(subsets, { folder });
}

function tooSmall(folder: string, { needed, free }: { needed: number; free: number }): UserError {
  return new UserError(
    `${folder}: ${formatBytes(needed)} of disk are needed and ${formatBytes(free)} are free; free some space, train on ` +
      `less (--train ${DATA_FOLDER}/LibriSpeech/train-clean-100), or download to another disk with "npx deepspeech-ts data download".`,
    { code: "disk-full" },
  );
}
