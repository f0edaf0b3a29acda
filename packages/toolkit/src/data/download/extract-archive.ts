/**
 * Unpacks a .tar.gz without trust in it.
 *
 * A tar file names any path it likes, and may hold links through which later entries leave the folder ("zip slip"). A
 * corpus needs folders and plain files alone, so everything else is refused, and so is each path that is absolute, has
 * ".." in it, or a backslash, which Windows would take for a separator. Files are written once and never replaced.
 */
import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { errorMessage, systemErrorCode, UserError } from "@deepspeech-ts/recognizer/system";
import { extract, type Header } from "tar-stream";

export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears how much of the archive has been read. */
  readonly onBytes?: (readBytes: number) => void;
}

/**
 * Unpacks `archivePath` into `folder`, which exists and is empty.
 *
 * @returns the paths of the files, relative to the folder, with forward slashes.
 * @throws UserError naming the archive and the entry where it is damaged, or holds what is refused. What was unpacked
 * before stays; the folder is the caller's to remove. System errors of the disk are thrown as they are.
 */
export async function extractArchive(
  archivePath: string,
  folder: string,
  { signal, onBytes }: ExtractOptions = {},
): Promise<string[]> {
  const names: string[] = [];
  const archive = extract();
  const unpacking = (async () => {
    for await (const entry of archive) {
      const name = safeName(entry.header, archivePath);
      if (entry.header.type === "file") names.push(name);
      await writeEntry(entry, join(folder, name), archivePath);
    }
  })();
  // It is awaited below; that it fails first is no crash.
  unpacking.catch((error) => archive.destroy(error));
  const reading = pipeline(createReadStream(archivePath), countBytes(onBytes), createGunzip(), archive, {
    ...(signal ? { signal } : {}),
  });
  const [unpacked, read] = await Promise.allSettled([unpacking, reading]);
  signal?.throwIfAborted();
  const reasons = [unpacked, read].flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (reasons.length > 0) throw explain(reasons, archivePath);
  return names;
}

type Entry = AsyncIterable<unknown> & { readonly header: Header; resume(): unknown };

/** The entry's path below the folder. */
function safeName({ name, type }: Header, archivePath: string): string {
  if (type !== "file" && type !== "directory") throw refusal(archivePath, name, `it is a ${type}`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const isOutside = name.startsWith("/") || parts.includes("..") || /^[A-Za-z]:/.test(name);
  if (isOutside) throw refusal(archivePath, name, "its path leaves the folder");
  if (name.includes("\\") || name.includes("\0")) throw refusal(archivePath, name, "its path has an unsafe character");
  return parts.join("/");
}

function refusal(archivePath: string, name: string, reason: string): UserError {
  return new UserError(`${archivePath}: is not unpacked, the entry ${JSON.stringify(name)} is unsafe: ${reason}.`, {
    code: "bad-archive",
  });
}

async function writeEntry(entry: Entry, path: string, archivePath: string): Promise<void> {
  if (entry.header.type === "directory") {
    await mkdir(path, { recursive: true });
    entry.resume();
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "wx").catch((error) => {
    if (systemErrorCode(error) === "EEXIST") throw refusal(archivePath, entry.header.name, "it is there twice");
    throw error;
  });
  try {
    for await (const chunk of entry) await file.writeFile(chunk as Uint8Array);
  } finally {
    await file.close();
  }
}

function countBytes(onBytes: ((readBytes: number) => void) | undefined): Transform {
  let readBytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      readBytes += chunk.length;
      onBytes?.(readBytes);
      done(null, chunk);
    },
  });
}

/** Streams that broke for another's sake complain too; a reason of ours, or of the system, is the one that counts. */
function explain(reasons: readonly unknown[], archivePath: string): unknown {
  const own = reasons.find((reason) => reason instanceof UserError);
  if (own) return own;
  const ofSystem = reasons.find((reason) => reason instanceof Error && "syscall" in reason);
  if (ofSystem) return ofSystem;
  const cause = reasons.at(-1);
  return new UserError(`${archivePath}: is damaged, it cannot be unpacked: ${errorMessage(cause)}.`, {
    code: "bad-archive",
    cause,
  });
}
