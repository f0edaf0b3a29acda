/** Whether there is room, asked before hours of work instead of found out after them. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "@deepspeech-ts/recognizer/system";

/** What the archive's content takes beside the archive: sound hardly compresses, and small files waste half a block. */
const UNPACKED_FACTOR = 1.1;

export interface SpaceNeed {
  readonly folder: string;
  readonly archiveBytes: number;
  /** Of the archive, what is on the disk already. */
  readonly presentBytes: number;
}

/** @throws UserError where the rest of the archive and what is in it do not fit on the folder's disk together. */
export async function checkDiskSpace({ folder, archiveBytes, presentBytes }: SpaceNeed): Promise<void> {
  const freeBytes = await freeDiskBytes(folder);
  const neededBytes = archiveBytes - presentBytes + archiveBytes * UNPACKED_FACTOR;
  if (neededBytes <= freeBytes) return;
  throw new UserError(
    `${folder}: ${gigabytes(neededBytes)} are needed to download and unpack, and ${gigabytes(freeBytes)} are free; ` +
      "free some space, or choose another disk with --to.",
    { code: "disk-full" },
  );
}

/** What may be written on the disk of a folder, which need not be there yet. */
export async function freeDiskBytes(folder: string): Promise<number> {
  const present = resolve(folder);
  if (!existsSync(present)) return freeDiskBytes(dirname(present));
  const { bavail, bsize } = await statfs(present);
  return bavail * bsize;
}

/**
 * The most that archives take on the disk when they are downloaded and unpacked one after the other, each removed after
 * it was unpacked.
 */
export function unpackingBytes(archives: readonly number[]): number {
  let [content, peak] = [0, 0];
  for (const archiveBytes of archives) {
    content += archiveBytes * UNPACKED_FACTOR;
    peak = Math.max(peak, content + archiveBytes);
  }
  return peak;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
