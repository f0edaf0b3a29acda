/**
 * LibriSpeech's layout as it comes out of its archives (https://www.openslr.org/12): in the folder of each chapter a
 * `<speaker>-<chapter>.trans.txt` with a line for each utterance, and its audio beside it. Whoever records their own
 * corpus may use the same layout, with any audio format.
 */
import { basename, dirname, extname, join } from "node:path";
import { errorMessage, readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { plainText } from "@deepspeech-ts/speech";
import { audioDurationSeconds } from "./audio/duration.js";
import { filesBelow, isAudioName } from "./audio/find-files.js";
import { mapConcurrently } from "./concurrency.js";
import type { Corpus, LeftOut, Utterance } from "./types.js";

const TRANSCRIPT_ENDING = ".trans.txt";
/** Files whose headers are read at a time. */
const OPEN_FILES = 16;

type Entry = Omit<Utterance, "durationSeconds">;

/**
 * Reads every chapter below `folder`: one subset, several, or a single speaker.
 *
 * @returns utterances in the order of their ids, and what could not be used: audio without a transcript, transcripts
 * without audio or words, ids that occur twice, audio that cannot be read.
 * @throws UserError where the folder is missing or holds no transcripts.
 */
export async function readLibriSpeech(folder: string): Promise<Corpus> {
  const names = await filesBelow(folder);
  const transcripts = names.filter((name) => name.toLowerCase().endsWith(TRANSCRIPT_ENDING)).sort();
  if (transcripts.length === 0) {
    throw new UserError(
      `${folder}: no *${TRANSCRIPT_ENDING} below this folder; expected LibriSpeech's layout, ` +
        `<speaker>/<chapter>/<speaker>-<chapter>${TRANSCRIPT_ENDING} with the audio beside it, or give a .jsonl manifest.`,
      { code: "bad-corpus" },
    );
  }
  const leftOut: LeftOut[] = [];
  const audio = indexAudio(folder, names, leftOut);
  const lines = (await mapConcurrently(transcripts, OPEN_FILES, (name) => readTranscript(join(folder, name)))).flat();
  const entries = new Map<string, Entry>();
  for (const line of lines) addEntry(entries, audio, line, leftOut);
  const transcribed = new Set(lines.map(stemOf));
  for (const [stem, path] of audio) {
    if (!transcribed.has(stem)) leftOut.push({ id: basename(stem), reason: `${path} has no transcript` });
  }
  return { utterances: await measure([...entries.values()], leftOut), leftOut: leftOut.sort(byId) };
}

/** From a path without its ending to the audio file. */
function indexAudio(folder: string, names: readonly string[], leftOut: LeftOut[]): Map<string, string> {
  const audio = new Map<string, string>();
  for (const name of [...names].sort()) {
    if (!isAudioName(name)) continue;
    const path = join(folder, name);
    const stem = path.slice(0, -extname(name).length);
    const other = audio.get(spelt(stem));
    if (other) leftOut.push({ id: basename(stem), reason: `${path} is left out: ${other} has the same name` });
    else audio.set(spelt(stem), path);
  }
  return audio;
}

interface TranscriptLine {
  readonly id: string;
  readonly text: string;
  readonly transcriptPath: string;
  readonly lineNumber: number;
}

async function readTranscript(transcriptPath: string): Promise<TranscriptLine[]> {
  const content = plainText(await readTextFile(transcriptPath));
  return content.split("\n").flatMap((line, index) => {
    const [id, ...words] = line.trim().split(/\s+/);
    return id ? [{ id, text: words.join(" "), transcriptPath, lineNumber: index + 1 }] : [];
  });
}

/** Where a line's audio must be, without its ending. */
function stemOf({ id, transcriptPath }: TranscriptLine): string {
  return spelt(join(dirname(transcriptPath), id));
}

/** Letters with marks in one of their two spellings: the transcript may have the one, and the disk the other. */
function spelt(path: string): string {
  return path.normalize("NFC");
}

function addEntry(
  entries: Map<string, Entry>,
  audio: ReadonlyMap<string, string>,
  line: TranscriptLine,
  leftOut: LeftOut[],
): void {
  const { id, text, transcriptPath, lineNumber } = line;
  const place = `${transcriptPath}, line ${lineNumber}`;
  const audioPath = audio.get(stemOf(line));
  const other = entries.get(id);
  if (other) leftOut.push({ id, reason: `${place} repeats an id: ${other.audioPath} has it too` });
  else if (!audioPath) leftOut.push({ id, reason: `${place} has no audio file beside it` });
  else if (!text) leftOut.push({ id, reason: `${place} has no words` });
  else entries.set(id, { id, audioPath, text, speaker: speakerOf(line) });
}

/** By the id, "1272-128104-0000", or where it names none by its transcript, "1272-128104.trans.txt". */
function speakerOf({ id, transcriptPath }: TranscriptLine): string {
  const name = id.includes("-") ? id : basename(transcriptPath).slice(0, -TRANSCRIPT_ENDING.length);
  return name.split("-", 1)[0] as string;
}

async function measure(entries: readonly Entry[], leftOut: LeftOut[]): Promise<Utterance[]> {
  const measured = await mapConcurrently(entries, OPEN_FILES, async (entry) => {
    try {
      return { ...entry, durationSeconds: await audioDurationSeconds(entry.audioPath) };
    } catch (error) {
      leftOut.push({ id: entry.id, reason: errorMessage(error) });
      return undefined;
    }
  });
  return measured.filter((utterance) => utterance !== undefined).sort(byId);
}

/** By code units, so that the order does not depend on the locale. */
function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
