/**
 * Files that are either the old ones or the new ones, never half of each.
 *
 * Data goes to a temporary file in the same folder, is flushed to the disk, and takes the final name by `rename`, which
 * POSIX makes atomic; then the folder is flushed, so that the new name survives a power cut as well. A checkpoint that
 * does not fit on the disk leaves the previous one as it was. The temporary file of a process that was killed goes when
 * the file is next written.
 *
 * A link stays, and the file it leads to is written. Devices and pipes (`/dev/stdout`, `>(…)`) cannot be replaced: they take
 * the bytes as they come.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { access, type FileHandle, open, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
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
  let place: WritePlace | undefined;
  try {
    place = new WritePlace(path);
    const file = await open(place.name, place.flag);
    try {
      if (typeof data === "function") await data(file);
      else await file.writeFile(data);
      if (!place.isStream) await file.sync();
    } finally {
      await file.close();
    }
    place.keep();
  } catch (error) {
    place?.drop();
    throw explainWriteError(path, error);
  }
}

/** `writeFileAtomically` for code that cannot wait, such as a training step: writes the chunks one after another. */
export function writeFileAtomicallySync(path: string, chunks: Iterable<Uint8Array>): void {
  let place: WritePlace | undefined;
  try {
    place = new WritePlace(path);
    const file = openSync(place.name, place.flag);
    try {
      for (const chunk of chunks) writeFully(file, chunk);
      if (!place.isStream) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    place.keep();
  } catch (error) {
    place?.drop();
    throw explainWriteError(path, error);
  }
}

/** Where bytes for a path go first, and how they come to be there. */
class WritePlace {
  /** What is opened, with which flag: a file of a temporary name, or the device or pipe itself. */
  readonly name: string;
  readonly flag: "w" | "wx";
  readonly isStream: boolean;
  readonly #target: string;

  constructor(path: string) {
    const { target, isStream } = destinationOf(path);
    if (!isStream) removeLeftovers(target);
    this.#target = target;
    this.isStream = isStream;
    this.name = isStream ? target : temporaryPathFor(target);
    this.flag = isStream ? "w" : "wx";
  }

  /** What was written takes the path's name. */
  keep(): void {
    if (this.isStream) return;
    renameSync(this.name, this.#target);
    syncFolder(dirname(this.#target));
  }

  drop(): void {
    if (!this.isStream) removeQuietly(this.name);
  }
}

/**
 * Refuses, before any work is done, what could not be written after it, and what would be written over what is read.
 *
 * @param inputs files that the work reads
 * @throws UserError `file-not-writable`
 */
export function requireWritable(path: string, inputs: readonly string[] = []): void {
  try {
    const { target, isStream } = destinationOf(path);
    if (isStream) return;
    const folder = dirname(target);
    if (statSync(target, { throwIfNoEntry: false })?.isDirectory()) throw systemError("EISDIR");
    if (!statSync(folder).isDirectory()) throw systemError("ENOTDIR");
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (inputs.some((input) => isSameFile(input, path)))
      throw notWritable(path, "it is what is read; choose another name");
  } catch (error) {
    const explained = explainWriteError(path, error);
    if (!(explained instanceof UserError)) throw explained;
    // As of a command that is called wrongly.
    throw new UserError(explained.message, { code: explained.code, exitCode: 2, cause: error });
  }
}

/**
 * Refuses two results of one name: the second would be written over the first.
 *
 * @param paths in existing folders
 * @throws UserError `file-not-writable`
 */
export function requireDistinct(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const { target, isStream } = destinationOf(path);
    if (isStream) continue;
    const place = resolve(realpathSync(dirname(target)), basename(target));
    if (seen.has(place)) {
      const message = `${path}: is where two results are to be written; give each a file of its own.`;
      throw new UserError(message, { code: "file-not-writable", exitCode: 2 });
    }
    seen.add(place);
  }
}

/**
 * Makes a folder, with those above it, where it is not there yet. Node's own way of it never ends below a folder that
 * takes none, such as /proc.
 * @throws UserError `file-not-writable`
 */
export function createFolder(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const above = dirname(path);
    if (above !== path) createFolder(above);
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (systemErrorCode(error) === "EEXIST" && statSync(path).isDirectory()) return;
    if (error instanceof UserError || systemErrorCode(error) === undefined) throw error;
    throw new UserError(`${path}: the folder cannot be made (${errorMessage(error)}); choose another.`, {
      code: "file-not-writable",
      cause: error,
    });
  }
}

/** A path of what a process has open, which may be a file, and then has no other name here. */
const OPEN_FILE = /^\/dev\/(?:std(?:in|out|err)|fd\/\d+)$|^\/proc\/(?:self|thread-self|\d+)\/(?:task\/\d+\/)?fd\/\d+$/;

/** What gets the bytes that are written to `path`, and whether it takes them as they come. */
function destinationOf(path: string): { target: string; isStream: boolean } {
  const stats = statSync(path, { throwIfNoEntry: false });
  const isStream = (stats && !stats.isFile() && !stats.isDirectory()) || OPEN_FILE.test(path);
  return isStream ? { target: path, isStream } : { target: behindLinks(path), isStream: false };
}

function behindLinks(path: string): string {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return path;
  // What a link names is seen from its own folder, which may stand elsewhere itself.
  return behindLinks(resolve(realpathSync(dirname(path)), readlinkSync(path)));
}

function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path): Stats | undefined => statSync(path, { throwIfNoEntry: false }));
  return one?.isFile() === true && one.dev === other?.dev && one.ino === other.ino;
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What went wrong before is told.
  }
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
  const file = code === "ENOTDIR" ? fileOnTheWay(path) : undefined;
  if (file !== undefined) {
    return new UserError(`${file}: is a file, expected a folder.`, { code: "file-not-readable", cause: error });
  }
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

/** What stands where a path goes on as if it were a folder, or the path itself; undefined where nothing does. */
function fileOnTheWay(path: string): string | undefined {
  for (let part = path; ; part = dirname(part)) {
    if (isFile(part)) return part;
    if (dirname(part) === part) return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The system's word on a path, such as one that is too long, or Node's on one with a NUL in it. */
function isRefusal(error: unknown): boolean {
  const code = systemErrorCode(error);
  return (error instanceof Error && "syscall" in error) || code === "ERR_INVALID_ARG_VALUE";
}

/** Turns a system error met while writing `path` into a `UserError`; any other error is returned as it is. */
export function explainWriteError(path: string, error: unknown): unknown {
  const code = systemErrorCode(error) ?? "";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new UserError(
      `${path}: could not be written, the disk is full (or a quota is spent); free some space and try again. ` +
        "If the file existed before, it is untouched.",
      { code: "disk-full", cause: error },
    );
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    const folder = dirname(path);
    const file = code === "ENOTDIR" ? fileOnTheWay(folder) : undefined;
    if (file !== undefined) return notWritable(path, `${file} is a file and no folder; choose another place`, error);
    if (existsSync(folder)) return notWritable(path, `${folder} takes no new files; choose another folder`, error);
    return notWritable(path, `there is no folder ${folder}; create it first`, error);
  }
  if (code === "EISDIR") return notWritable(path, "a folder has that name; choose another", error);
  if (REFUSALS.has(code)) return notWritable(path, errorMessage(error), error);
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return error;
  return new UserError(`${path}: could not be written; check the permissions of ${dirname(path)}.`, {
    code: "file-not-writable",
    cause: error,
  });
}

/** The system's word on a name, or on what stands behind it. */
const REFUSALS = new Set(["ENAMETOOLONG", "ELOOP", "EFBIG", "ENXIO", "EPIPE", "ESPIPE", "ERR_INVALID_ARG_VALUE"]);

function notWritable(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`${path}: could not be written, ${why}.`, { code: "file-not-writable", cause });
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
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
