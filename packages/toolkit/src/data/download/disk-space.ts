/** Whether there is room, asked before hours of work instead of found out after them. */
import { statfs } from "node:fs/promises";
import { UserError } from "../../errors.js";

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
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const neededBytes = archiveBytes - presentBytes + archiveBytes * UNPACKED_FACTOR;
  if (neededBytes <= freeBytes) return;
  throw new UserError(
    `${folder}: ${gigabytes(neededBytes)} are needed to download and unpack, and ${gigabytes(freeBytes)} are free; ` +
      "free some space, or choose another disk with --to.",
    { code: "disk-full" },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
