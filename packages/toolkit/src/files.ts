/**
 * Files that are either the old ones or the new ones, never half of each.
 *
 * Data goes to a temporary file in the same folder, is flushed to the disk, and takes the final name by `rename`, which
 * POSIX makes atomic; then the folder is flushed, so that the new name survives a power cut as well. A checkpoint that
 * does not fit on the disk leaves the previous one as it was. The temporary file of a process that was killed goes when
 * the file is next written.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { access, type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorMessage, systemErrorCode, UserError } from "./errors.js";
import { removeLeftovers, temporaryPathFor } from "./leftovers.js";

/** Writes a file's content through an open handle, for content too large to hold in memory at once. */
export type FileWriter = (file: FileHandle) => Promise<void>;

/**
 * Writes `path` atomically.
 *
 * @param data the content, or a function that writes it through a handle.
 * @throws UserError when the disk is full, or the folder is missing or not writable. The old file is untouched then,
 * and the temporary file is gone. An error thrown by a `FileWriter` is passed on.
 */
export async function writeFileAtomically(path: string, data: string | Uint8Array | FileWriter): Promise<void> {
  removeLeftovers(path);
  const temporaryPath = temporaryPathFor(path);
  try {
    const file = await open(temporaryPath, "wx");
    try {
      if (typeof data === "function") await data(file);
      else await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw explainWriteError(path, error);
  }
  syncFolder(dirname(path));
}

/** `writeFileAtomically` for code that cannot wait, such as a training step: writes the chunks one after another. */
export function writeFileAtomicallySync(path: string, chunks: Iterable<Uint8Array>): void {
  removeLeftovers(path);
  const temporaryPath = temporaryPathFor(path);
  try {
    const file = openSync(temporaryPath, "wx");
    try {
      for (const chunk of chunks) writeFully(file, chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporaryPath, path);
  } catch (error) {
    rmSync(temporaryPath, { force: true });
    throw explainWriteError(path, error);
  }
  syncFolder(dirname(path));
}

/**
 * Reads a whole file.
 *
 * @throws UserError that names the file when it is missing, a folder, or not readable.
 */
export async function readFileOrExplain(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await withSpellingOnDisk(path, (spelt) => readFile(spelt));
  } catch (error) {
    throw explainReadError(path, error);
  }
}

/**
 * The path by which a file is on the disk, where letters with marks may be spelt otherwise: in one piece (NFC), as most
 * programs write them, or in two (NFD), as macOS does. A list made on one system names nothing on another else.
 *
 * @returns undefined where there is no such file, or the path is plain ASCII
 */
export async function spellingOnDisk(path: string): Promise<string | undefined> {
  if (!/[^\0-\x7f]/.test(path)) return undefined;
  if (await exists(path)) return path;
  const parent = dirname(path);
  if (parent === path) return undefined;
  const folder = (await spellingOnDisk(parent)) ?? parent;
  for (const form of ["NFC", "NFD"]) {
    const spelt = join(folder, basename(path).normalize(form));
    if (await exists(spelt)) return spelt;
  }
  return undefined;
}

/** What `read` gives for `path`, or where there is no such file, for its other spelling. */
export async function withSpellingOnDisk<T>(path: string, read: (path: string) => Promise<T>): Promise<T> {
  try {
    return await read(path);
  } catch (error) {
    const other = systemErrorCode(error) === "ENOENT" ? await spellingOnDisk(path) : undefined;
    if (other === undefined || other === path) throw error;
    return await read(other);
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Turns a system error met while reading `path` into a `UserError`; any other error is returned as it is. */
export function explainReadError(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    const advice =
      path.includes("\\") && process.platform !== "win32"
        ? "its path has backslashes, which part folders under Windows alone: write /"
        : "check the path";
    return new UserError(`${path}: no such file; ${advice}.`, { code: "file-not-found", cause: error });
  }
  if (code === "EISDIR") {
    return new UserError(`${path}: is a folder, expected a file.`, { code: "file-not-readable", cause: error });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new UserError(`${path}: may not be read; check its permissions.`, {
      code: "file-not-readable",
      cause: error,
    });
  }
  if (isRefusal(error)) {
    return new UserError(`${path}: cannot be read (${errorMessage(error)}).`, {
      code: "file-not-readable",
      cause: error,
    });
  }
  return error;
}

/** The system's word on a path, such as one that is too long, or Node's on one with a NUL in it. */
function isRefusal(error: unknown): boolean {
  const code = systemErrorCode(error);
  return (error instanceof Error && "syscall" in error) || code === "ERR_INVALID_ARG_VALUE";
}

/** Turns a system error met while writing `path` into a `UserError`; any other error is returned as it is. */
export function explainWriteError(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      `${path}: could not be written, the disk is full (or a quota is spent); free some space and try again. ` +
        "If the file existed before, it is untouched.",
      { code: "disk-full", cause: error },
    );
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new UserError(`${path}: could not be written, there is no folder ${dirname(path)}; create it first.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return new UserError(`${path}: could not be written; check the permissions of ${dirname(path)}.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
  if (code === "EISDIR") {
    return new UserError(`${path}: could not be written, a folder has that name; choose another.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
  return error;
}

/** `writeSync` may write less than it was given; this writes all. */
function writeFully(file: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length; ) offset += writeSync(file, chunk, offset);
}

/** Flushes a folder's list of names. Windows cannot open a folder, and needs no such flush. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
