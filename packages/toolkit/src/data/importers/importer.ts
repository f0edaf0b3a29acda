/**
 * What every importer gives, and what they share.
 *
 * A corpus that others made has faults in a few lines among thousands. Each is left out with its place and reason, and
 * the rest goes on; only a file that is not in the format at all is an error.
 */
import { access } from "node:fs/promises";
import { errorMessage, explainReadError, spellingOnDisk, UserError } from "@deepspeech-ts/recognizer/system";
import { audioDurationSeconds } from "../audio/duration.js";
import { formatSegmentPath, parseSegmentPath } from "../audio/segment-path.js";
import { mapConcurrently } from "../concurrency.js";
import { DistinctIds } from "../distinct-ids.js";
import type { Corpus, LeftOut, Utterance } from "../types.js";

/** Reads a corpus in another layout than ours. */
export interface Importer {
  /** What the command line calls the format. */
  readonly name: string;
  /** What the source is to be, for --help. */
  readonly source: string;
  /**
   * Reads the corpus at a path.
   *
   * @throws UserError where the path cannot be read, or is not in this format.
   */
  readonly read: (path: string) => Promise<Corpus>;
}

/** An utterance whose audio has perhaps not been looked at. */
export type ImportedEntry = Omit<Utterance, "durationSeconds"> & {
  readonly durationSeconds?: number;
  /** Whether the id is only made of the file's name: see distinct-ids.ts. */
  readonly isIdDerived?: boolean;
};

/** Files whose headers are read at a time. */
const OPEN_FILES = 16;

/**
 * The corpus of these entries, in their order: durations are read from the audio's headers where they are not known,
 * and what has no words, an id that came before, or audio that is missing or cannot be read is left out. Paths are spelt
 * as the disk has them.
 */
export async function toCorpus(entries: readonly ImportedEntry[], leftOut: LeftOut[]): Promise<Corpus> {
  const files = new AudioFiles();
  const utterances = await mapConcurrently(withDistinctIds(entries, leftOut), OPEN_FILES, async (entry) => {
    try {
      return { ...entry, ...(await files.lookAt(entry)) };
    } catch (error) {
      leftOut.push({ id: entry.id, reason: errorMessage(error) });
      return undefined;
    }
  });
  return { utterances: utterances.filter((utterance) => utterance !== undefined), leftOut };
}

type AudioFile = Pick<Utterance, "audioPath" | "durationSeconds">;

/** A list may name a file in each of its lines: it is looked at once, and measured once if a line states no duration. */
class AudioFiles {
  readonly #found = new Map<string, Promise<string>>();
  readonly #measured = new Map<string, Promise<number>>();

  /** The path as the disk has it, and the duration: the entry's own, whatever other entries say of the file. */
  async lookAt({ audioPath: path, durationSeconds }: ImportedEntry): Promise<AudioFile> {
    const audioPath = await once(this.#found, path, find);
    return { audioPath, durationSeconds: durationSeconds ?? (await once(this.#measured, audioPath, measured)) };
  }
}

/** What `get` gives, or gave, for the key. */
function once<T>(known: Map<string, Promise<T>>, key: string, get: (key: string) => Promise<T>): Promise<T> {
  const value = known.get(key) ?? get(key);
  known.set(key, value);
  return value;
}

/** Throws a UserError where the file is not there, or cannot be read. */
async function find(path: string): Promise<string> {
  const segment = parseSegmentPath(path);
  const filePath = segment?.filePath ?? path;
  const spelt = (await spellingOnDisk(filePath)) ?? filePath;
  await checkThere(spelt);
  return segment ? formatSegmentPath({ ...segment, filePath: spelt }) : spelt;
}

async function measured(path: string): Promise<number> {
  const seconds = await audioDurationSeconds(path);
  if (seconds > 0) return seconds;
  throw new UserError(`${path}: holds no sound.`, { code: "bad-audio" });
}

async function checkThere(path: string): Promise<void> {
  await access(path).catch((error) => Promise.reject(explainReadError(path, error)));
}

function withDistinctIds(entries: readonly ImportedEntry[], leftOut: LeftOut[]): ImportedEntry[] {
  const ids = new DistinctIds<string>();
  return entries.flatMap((entry) => {
    const { isIdDerived, ...named } = entry;
    const { id, text, audioPath } = named;
    if (text === "") {
      leftOut.push({ id, reason: `${audioPath} has a transcript without words` });
      return [];
    }
    const claimed = ids.claim(entry, audioPath);
    if ("id" in claimed) return [{ ...named, id: claimed.id }];
    leftOut.push({ id, reason: `${audioPath} repeats an id: ${claimed.repeats} has it too` });
    return [];
  });
}

/** A transcript on one line. */
export function joinLines(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}
