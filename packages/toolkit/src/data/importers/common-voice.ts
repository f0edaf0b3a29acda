/**
 * Mozilla Common Voice (https://commonvoice.mozilla.org): one TSV for each selection of clips, such as validated.tsv,
 * beside the folder clips/. Speakers are known by `client_id`, and sentences are written as they were shown.
 */
import { basename, dirname, extname, join } from "node:path";
import { readTextFile } from "@deepspeech-ts/recognizer/system";
import type { Corpus } from "../types.js";
import { nameColumns, parseLines } from "./delimited-text.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

export const commonVoice: Importer = {
  name: "common-voice",
  source: "a .tsv file of Common Voice, such as en/validated.tsv, with clips/ beside it",
  read: readCommonVoice,
};

async function readCommonVoice(path: string): Promise<Corpus> {
  const table = parseLines(await readTextFile(path), "\t");
  const { rows, leftOut } = nameColumns(path, table, ["client_id", "path", "sentence"]);
  const entries: ImportedEntry[] = [];
  for (const { lineNumber, cells } of rows) {
    const clip = cells.get("path") ?? "";
    if (clip === "") {
      leftOut.push({ id: `${path}, line ${lineNumber}`, reason: "names no clip" });
      continue;
    }
    // The first releases left the ending out.
    const name = extname(clip) === "" ? `${clip}.mp3` : clip;
    entries.push({
      id: basename(name, extname(name)),
      audioPath: join(dirname(path), "clips", name),
      text: joinLines(cells.get("sentence") ?? ""),
      speaker: cells.get("client_id") ?? "",
    });
  }
  return toCorpus(entries, leftOut);
}
