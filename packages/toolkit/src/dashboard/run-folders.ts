/** Finds runs: folders as training makes them, at any depth below those that were asked for. */
import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Deep enough for runs/<group>/<experiment>/version_N in a folder of projects; whole disks are not searched. */
const DEEPEST = 6;

/** The folders of all runs at or below `folders`, absolute, each once. A folder that cannot be read holds none. */
export async function findRunFolders(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(folders.map((folder) => runsBelow(resolve(folder), DEEPEST)));
  return [...new Set(found.flat())];
}

/** A name for a run's folder that tells nothing of the disk, and is the same each time. */
export function runIdOf(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 12);
}

async function runsBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await entriesOf(folder);
  if (isRun(entries)) return [folder];
  if (depth === 0) return [];
  const inner = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
  return (await Promise.all(inner.map(({ name }) => runsBelow(join(folder, name), depth - 1)))).flat();
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
