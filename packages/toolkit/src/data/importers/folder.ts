/**
 * A folder of recordings with their transcripts beside them: `hello.wav` and `hello.txt`, at any depth. Where there are
 * folders inside, the uppermost is taken for the speaker's name.
 */
import { extname, join, sep } from "node:path";
import { readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import { filesBelow, isAudioName } from "../audio/find-files.js";
import type { Corpus, LeftOut } from "../types.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

export const folder: Importer = {
  name: "folder",
  source: "a folder of audio files, each with a .txt of the same name beside it",
  read: readFolder,
};

async function readFolder(path: string): Promise<Corpus> {
  const names = await filesBelow(path);
  const audio = names.filter(isAudioName);
  // Letters with marks may be spelt otherwise in the one name than in the other, and endings in capitals.
  const spelt = (stem: string) => stem.normalize("NFC");
  const transcripts = new Map(
    names.filter((name) => /\.txt$/i.test(name)).map((name) => [spelt(name.slice(0, -4)), name]),
  );
  const entries: ImportedEntry[] = [];
  const leftOut: LeftOut[] = [];
  let numPairs = 0;
  for (const name of audio) {
    const stem = name.slice(0, name.length - extname(name).length);
    const id = stem.split(sep).join("/");
    const transcript = transcripts.get(spelt(stem));
    if (transcript === undefined) {
      leftOut.push({ id, reason: `${join(path, name)} has no .txt beside it` });
      continue;
    }
    numPairs += 1;
    try {
      const text = joinLines(await readTextFile(join(path, transcript)));
      entries.push({ id, audioPath: join(path, name), text, speaker: speakerOf(name) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      leftOut.push({ id, reason: error.message });
    }
  }
  if (numPairs === 0) {
    throw new UserError(`${path}: holds no audio file with a .txt of the same name beside it.`, { code: "bad-corpus" });
  }
  return toCorpus(entries, leftOut);
}

function speakerOf(name: string): string {
  const parts = name.split(sep);
  return parts.length > 1 ? (parts[0] as string) : "";
}
