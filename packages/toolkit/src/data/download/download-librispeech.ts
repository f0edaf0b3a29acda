/**
 * LibriSpeech's subsets, from OpenSLR onto the disk.
 *
 *     <folder>/downloads/dev-clean.tar.gz.part     grows
 *     <folder>/downloads/dev-clean.tar.gz          whole: its MD5 is right; removed at the end
 *     <folder>/downloads/dev-clean.unpacking/      grows
 *     <folder>/LibriSpeech/dev-clean/              whole: it takes its name when every file is on the disk
 */
import { constants, existsSync, readdirSync, statSync } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createFolder, explainWriteError, systemErrorCode, UserError } from "@deepspeech-ts/recognizer/system";
import { mapConcurrently } from "../concurrency.js";
import { checkDiskSpace } from "./disk-space.js";
import { extractArchive } from "./extract-archive.js";
import { type FetchOptions, fetchVerified, md5OfFile } from "./fetch-verified.js";
import { archiveUrls, type LibriSpeechSubset } from "./librispeech-subsets.js";

export type DownloadStage = "downloading" | "verifying" | "unpacking";

/** How LibriSpeech is fetched. */
export interface DownloadOptions {
  /** The folder that LibriSpeech/ goes into; it is created. */
  readonly folder: string;
  /** Hosts to ask, in order, such as "https://www.openslr.org". Default: OpenSLR's. */
  readonly mirrors?: readonly string[];
  /** Seconds without a byte after which a connection is given up. Default 30. */
  readonly stallSeconds?: number;
  /** Seconds before the first repeated attempt. Default 1. */
  readonly retrySeconds?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (stage: DownloadStage, doneBytes: number, totalBytes: number) => void;
  /** Hears of what went wrong and was gone about again. */
  readonly onRetry?: (url: string, reason: string) => void;
}

/** Files that are flushed at a time; a journal writes many in one go. */
const FLUSHED_AT_ONCE = 32;

/**
 * Downloads, verifies and unpacks one subset, continuing what an earlier call left.
 *
 * @returns "already-there" where the subset's folder has anything in it: it only ever appears whole.
 * @throws UserError where no mirror has it, the disk is too small, or the archive is not what it should be.
 */
export async function downloadSubset(
  subset: LibriSpeechSubset,
  options: DownloadOptions,
): Promise<"downloaded" | "already-there"> {
  const corpus = join(options.folder, "LibriSpeech");
  const target = join(corpus, subset.name);
  const downloads = join(options.folder, "downloads");
  const archivePath = archivePathOf(subset, options.folder);
  const unpacking = join(downloads, `${subset.name}.unpacking`);
  try {
    if (isSubsetThere(target)) {
      await removeRemains({ archivePath, unpacking });
      return "already-there";
    }
    createFolder(downloads);
    createFolder(corpus);
    await obtainArchive(subset, archivePath, options);
    await unpack(subset, { archivePath, corpus, unpacking }, options);
  } catch (error) {
    throw explainWriteError(options.folder, error);
  }
  return "downloaded";
}

/** Whether a subset's folder is there; an empty one, made by hand or for a mount, is not. */
export function isSubsetThere(path: string): boolean {
  return existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0);
}

/** How much of a subset's archive earlier calls have left, or the user put there. */
export function presentArchiveBytes(subset: LibriSpeechSubset, folder: string): number {
  const path = archivePathOf(subset, folder);
  const found = [path, `${path}.part`].find((candidate) => existsSync(candidate));
  return found === undefined ? 0 : statSync(found).size;
}

function archivePathOf({ name }: LibriSpeechSubset, folder: string): string {
  return join(folder, "downloads", `${name}.tar.gz`);
}

/** The archive may be there already: a call that was cut short left it, or the user put it there. */
async function obtainArchive(subset: LibriSpeechSubset, path: string, options: DownloadOptions): Promise<void> {
  const { folder, mirrors, stallSeconds, retrySeconds, signal, onProgress, onRetry } = options;
  const onVerify = (done: number, total: number) => onProgress?.("verifying", done, total);
  if (existsSync(path)) {
    if ((await md5OfFile(path, { onVerify, signal })) === subset.md5) return;
    onRetry?.(path, "has the wrong MD5; it is downloaded again");
    await rm(path);
  }
  const fetchOptions: FetchOptions = {
    urls: archiveUrls(subset, mirrors),
    path,
    md5: subset.md5,
    ...(stallSeconds === undefined ? {} : { stallSeconds }),
    ...(retrySeconds === undefined ? {} : { retrySeconds }),
    signal,
    onSize: ({ totalBytes, presentBytes }) => checkDiskSpace({ folder, archiveBytes: totalBytes, presentBytes }),
    onBytes: (done, total) => onProgress?.("downloading", done, total),
    onVerify,
    ...(onRetry ? { onRetry } : {}),
  };
  await fetchVerified(fetchOptions);
}

interface Places {
  readonly archivePath: string;
  readonly corpus: string;
  readonly unpacking: string;
}

async function unpack(
  { name }: LibriSpeechSubset,
  { archivePath, corpus, unpacking }: Places,
  { folder, signal, onProgress }: DownloadOptions,
): Promise<void> {
  const { size } = await stat(archivePath);
  await checkDiskSpace({ folder, archiveBytes: size, presentBytes: size });
  // What an interrupted call unpacked cannot be told from what is whole.
  await rm(unpacking, { recursive: true, force: true });
  await mkdir(unpacking);
  const onBytes = (done: number) => onProgress?.("unpacking", done, size);
  try {
    const names = await extractArchive(archivePath, unpacking, { signal, onBytes });
    const unpacked = join(unpacking, "LibriSpeech", name);
    if (!existsSync(unpacked)) {
      throw new UserError(`${archivePath}: holds no folder LibriSpeech/${name}.`, { code: "bad-archive" });
    }
    await mapConcurrently(names, FLUSHED_AT_ONCE, (file) => flush(join(unpacking, file)));
    await keepNotes(join(unpacking, "LibriSpeech"), corpus);
    // An empty folder of that name makes way; one that was filled meanwhile does not.
    await rmdir(join(corpus, name)).catch((error) => {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    });
    await rename(unpacked, join(corpus, name));
    await flush(corpus);
    await rm(archivePath);
  } finally {
    await rm(unpacking, { recursive: true, force: true });
  }
}

/**
 * What a call that was killed at its very end would have removed. The archive goes before the folder, so that the folder
 * tells of such a call; an archive alone is somebody's own.
 */
async function removeRemains({ archivePath, unpacking }: Omit<Places, "corpus">): Promise<void> {
  if (!existsSync(unpacking)) return;
  await rm(archivePath, { force: true });
  await rm(unpacking, { recursive: true, force: true });
}

/** README.TXT, SPEAKERS.TXT and their like, which every archive has; those that are there stay. */
async function keepNotes(source: string, corpus: string): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    await copyFile(join(source, entry.name), join(corpus, entry.name), constants.COPYFILE_EXCL).catch((error) => {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    });
  }
}

/** A rename that survives a power cut must not outlive the content. Windows can flush neither folders nor these. */
async function flush(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
