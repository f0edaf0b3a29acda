/**
 * The CSV files that Mozilla DeepSpeech and Coqui STT train on: columns `wav_filename`, `wav_filesize` and `transcript`,
 * paths relative to the file. The size tells a file that was copied half.
 */
import { stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, join } from "node:path";
import { readTextFile } from "../../text-files.js";
import { mapConcurrently } from "../concurrency.js";
import type { Corpus, LeftOut } from "../types.js";
import { type NamedRow, nameColumns, parseCsv } from "./delimited-text.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

const OPEN_FILES = 16;

export const mozillaCsv: Importer = {
  name: "csv",
  source: "a .csv file with the columns wav_filename, wav_filesize and transcript",
  read: readMozillaCsv,
};

async function readMozillaCsv(path: string): Promise<Corpus> {
  const rows = nameColumns(path, parseCsv(await readTextFile(path)), ["wav_filename", "transcript"]);
  const leftOut: LeftOut[] = [];
  const entries = await mapConcurrently(rows, OPEN_FILES, (row) => readRow(row, path, leftOut));
  return toCorpus(entries.flat(), leftOut);
}

async function readRow({ lineNumber, cells }: NamedRow, path: string, leftOut: LeftOut[]): Promise<ImportedEntry[]> {
  const name = cells.get("wav_filename") ?? "";
  const place = `${path}, line ${lineNumber}`;
  if (name === "") {
    leftOut.push({ id: place, reason: "names no audio file" });
    return [];
  }
  const id = name.slice(0, name.length - extname(name).length);
  const audioPath = isAbsolute(name) ? name : join(dirname(path), name);
  const sizeReason = await checkSize(audioPath, cells.get("wav_filesize") ?? "");
  if (sizeReason) {
    leftOut.push({ id, reason: sizeReason });
    return [];
  }
  return [{ id, audioPath, text: joinLines(cells.get("transcript") ?? ""), speaker: "" }];
}

/** A file that is missing is reported when its header is read. */
async function checkSize(path: string, stated: string): Promise<string | undefined> {
  if (!/^\d+$/.test(stated)) return undefined;
  const size = await stat(path).then(
    (stats) => stats.size,
    () => undefined,
  );
  if (size === undefined || size === Number(stated)) return undefined;
  return `${path} has ${size} bytes, and wav_filesize says ${stated}; copy it again or correct the table`;
}
