/**
 * What every importer gives, and what they share.
 *
 * A corpus that others made has faults in a few lines among thousands. Each is left out with its place and reason, and
 * the rest goes on; only a file that is not in the format at all is an error.
 */
import { errorMessage } from "../../errors.js";
import { audioDurationSeconds } from "../audio/duration.js";
import { mapConcurrently } from "../concurrency.js";
import type { Corpus, LeftOut, Utterance } from "../types.js";

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
export type ImportedEntry = Omit<Utterance, "durationSeconds"> & { readonly durationSeconds?: number };

/** Files whose headers are read at a time. */
const OPEN_FILES = 16;

/**
 * The corpus of these entries, in their order: durations are read from the audio's headers where they are not known,
 * and what has no words, an id that came before, or audio that cannot be read is left out.
 */
export async function toCorpus(entries: readonly ImportedEntry[], leftOut: LeftOut[]): Promise<Corpus> {
  const measured = await mapConcurrently(withDistinctIds(entries, leftOut), OPEN_FILES, async (entry) => {
    try {
      return { ...entry, durationSeconds: entry.durationSeconds ?? (await audioDurationSeconds(entry.audioPath)) };
    } catch (error) {
      leftOut.push({ id: entry.id, reason: errorMessage(error) });
      return undefined;
    }
  });
  return { utterances: measured.filter((utterance) => utterance !== undefined), leftOut };
}

function withDistinctIds(entries: readonly ImportedEntry[], leftOut: LeftOut[]): ImportedEntry[] {
  const kept = new Map<string, ImportedEntry>();
  for (const entry of entries) {
    const { id, text, audioPath } = entry;
    const other = kept.get(id);
    if (text === "") leftOut.push({ id, reason: `${audioPath} has a transcript without words` });
    else if (other) leftOut.push({ id, reason: `${audioPath} repeats an id: ${other.audioPath} has it too` });
    else kept.set(id, entry);
  }
  return [...kept.values()];
}

/** A transcript on one line. */
export function joinLines(text: string): string {
  return text.trim().split(/\s+/).join(" ");
}
