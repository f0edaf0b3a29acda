/** Finds runs: folders as training makes them, at any depth below those that were asked for. */
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Deep enough for runs/<group>/<experiment>/version_N in a folder of projects; whole disks are not searched. */
const DEEPEST = 6;

/**
 * The folders of all runs at or below `folders`, absolute, each once. Links to folders are followed. A folder that cannot be
 * read holds none.
 */
export async function findRunFolders(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const entered = new Set<string>();
  for (const folder of folders) await search(resolve(folder), { depth: DEEPEST, entered, found });
  return found;
}

/** A name for a run's folder that tells nothing of the disk, and is the same each time. */
export function runIdOf(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 12);
}

interface Search {
  depth: number;
  /** Folders by their own paths: links may lead to what was found before, or back. */
  entered: Set<string>;
  found: string[];
}

async function search(folder: string, { depth, entered, found }: Search): Promise<void> {
  const path = await realpath(folder).catch(() => folder);
  if (entered.has(path)) return;
  entered.add(path);
  const entries = await entriesOf(folder);
  if (isRun(entries)) found.push(folder);
  else if (depth > 0) {
    for (const entry of entries) {
      if (/^\.|^node_modules$/.test(entry.name)) continue;
      const inner = join(folder, entry.name);
      if (await isFolder(entry, inner)) await search(inner, { depth: depth - 1, entered, found });
    }
  }
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(path).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** Training makes config.json and checkpoints/ first, the log with its first event. */
function isRun(entries: readonly Dirent[]): boolean {
  const names = new Set(entries.map(({ name }) => name));
  return names.has("log.jsonl") || (names.has("config.json") && names.has("checkpoints"));
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
