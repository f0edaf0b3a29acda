/**
 * LJ Speech (https://keithito.com/LJ-Speech-Dataset/), whose layout many voices have since: `metadata.csv` with lines of
 * id, text and the text spelt out, cut at "|", and `wavs/<id>.wav`. It is one voice.
 */
import { join } from "node:path";
import { readTextFile, UserError } from "@deepspeech-ts/recognizer/system";
import type { Corpus, LeftOut } from "../types.js";
import { parseLines } from "./delimited-text.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

const SPEAKER = "LJ";

export const ljspeech: Importer = {
  name: "ljspeech",
  source: "a folder with metadata.csv and wavs/",
  read: readLjspeech,
};

async function readLjspeech(folder: string): Promise<Corpus> {
  const path = join(folder, "metadata.csv");
  const rows = parseLines(await readTextFile(path), "|");
  if (!rows.some(({ cells }) => cells.length >= 2)) {
    throw new UserError(`${path}: has no line of LJ Speech's form, id|text|normalised text.`, { code: "bad-corpus" });
  }
  const entries: ImportedEntry[] = [];
  const leftOut: LeftOut[] = [];
  for (const { lineNumber, cells } of rows) {
    const [id = "", text, spelt] = cells;
    if (id === "" || text === undefined || cells.length > 3) {
      leftOut.push({ id: `${path}, line ${lineNumber}`, reason: "is not id|text|normalised text" });
      continue;
    }
    // The third column has numbers and abbreviations spelt out; some lines lack it.
    const spoken = joinLines(spelt ?? "") || joinLines(text);
    entries.push({ id, audioPath: join(folder, "wavs", `${id}.wav`), text: spoken, speaker: SPEAKER });
  }
  return toCorpus(entries, leftOut);
}
