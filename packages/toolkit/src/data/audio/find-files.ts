/**
 * What is below a folder: the one walk for all that search folders.
 *
 * Links to folders are followed, as corpora are often put together of them; each folder is entered once, by its own name
 * before any link, so that links which lead back end the walk and nothing is found twice. What macOS keeps beside files on
 * disks of others, under their names after "._", is no file of anybody's and is passed over.
 */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { AUDIO_EXTENSIONS } from "@deepspeech-ts/recognizer/audio";
import { explainReadError } from "@deepspeech-ts/recognizer/system";

/** Whether a path's last name is that of a recording; content decides in the end. */
export function isAudioName(path: string): boolean {
  return AUDIO_EXTENSIONS.has(extname(path).toLowerCase());
}

/**
 * The paths of all files below a folder, relative to it, sorted by code units: the order does not depend on the machine.
 *
 * @throws UserError naming the folder that cannot be read
 */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  await walk(folder, (relative) => void found.push(relative));
  return found.sort();
}

/** The files below a folder that have the name of a recording. Throws as `filesBelow` does. */
export async function audioBelow(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter(isAudioName);
}

/** The folders below a folder and itself, each once, as paths relative to it; "" is itself. */
export async function foldersBelow(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  await walk(folder, () => {}, { onFolder: (relative) => void found.push(relative), isWanted });
  return found;
}

interface WalkOptions {
  readonly onFolder?: (relative: string) => void;
  /** Whether a folder of this name is entered. Default: every one. */
  readonly isWanted?: (name: string) => boolean;
}

async function walk(root: string, onFile: (relative: string) => void, options: WalkOptions = {}): Promise<void> {
  const { onFolder = () => {}, isWanted = () => true } = options;
  const entered = new Set<string>();
  const links: string[] = [];
  const enter = async (relative: string): Promise<void> => {
    const path = join(root, relative);
    const key = await identityOf(path);
    if (entered.has(key)) return;
    entered.add(key);
    onFolder(relative);
    for (const entry of await entriesOf(path)) {
      if (entry.name.startsWith("._")) continue;
      const below = join(relative, entry.name);
      const kind = entry.isSymbolicLink() ? await kindOfTarget(join(root, below)) : kindOf(entry);
      if (kind === "file") onFile(below);
      else if (kind === "folder" && isWanted(entry.name)) {
        if (entry.isSymbolicLink()) links.push(below);
        else await enter(below);
      }
    }
  };
  await enter("");
  for (let link = links.shift(); link !== undefined; link = links.shift()) await enter(link);
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path || ".", { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch (error) {
    throw explainReadError(path, error);
  }
}

async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path || ".", { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    throw explainReadError(path, error);
  }
}

type Kind = "file" | "folder" | "other";

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): Kind {
  if (entry.isDirectory()) return "folder";
  return entry.isFile() ? "file" : "other";
}

/** A link that leads nowhere counts as a file: what is wrong with it is told when it is read. */
async function kindOfTarget(path: string): Promise<Kind> {
  const stats = await stat(path).catch(() => undefined);
  return stats ? kindOf(stats) : "file";
}
