/**
 * The CSV files that Mozilla DeepSpeech and Coqui STT train on: columns `wav_filename`, `wav_filesize` and `transcript`,
 * paths relative to the file. The size tells a file that was copied half.
 */
import { stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, join } from "node:path";
import { readTextFile } from "@deepspeech-ts/recognizer/system";
import { mapConcurrently } from "../concurrency.js";
import type { Corpus, LeftOut } from "../types.js";
import { type NamedRow, nameColumns, parseCsv } from "./delimited-text.js";
import { type ImportedEntry, type Importer, joinLines, toCorpus } from "./importer.js";

const OPEN_FILES = 16;
const COLUMNS = ["wav_filename", "transcript"];
/** Spreadsheets of many countries write the semicolon, for their comma stands in numbers. */
const SEPARATORS = [",", ";", "\t"];

export const mozillaCsv: Importer = {
  name: "csv",
  source: "a .csv file with the columns wav_filename, wav_filesize and transcript",
  read: readMozillaCsv,
};

async function readMozillaCsv(path: string): Promise<Corpus> {
  const text = await readTextFile(path);
  const { rows, leftOut } = nameColumns(path, parseCsv(text, separatorOf(text)), COLUMNS);
  const sizes = new Map<string, Promise<number | undefined>>();
  const entries = await mapConcurrently(rows, OPEN_FILES, (row) => readRow(row, { path, sizes, leftOut }));
  return toCorpus(entries.flat(), leftOut);
}

/** The first by which the names of the columns come apart. */
function separatorOf(text: string): string {
  const [header = ""] = text.split("\n", 1);
  const names = (separator: string) => header.split(separator).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  return SEPARATORS.find((separator) => COLUMNS.every((name) => names(separator).includes(name))) ?? ",";
}

interface Table {
  readonly path: string;
  /** Of files that were looked at. */
  readonly sizes: Map<string, Promise<number | undefined>>;
  readonly leftOut: LeftOut[];
}

async function readRow({ lineNumber, cells }: NamedRow, { path, sizes, leftOut }: Table): Promise<ImportedEntry[]> {
  const name = cells.get("wav_filename") ?? "";
  const place = `${path}, line ${lineNumber}`;
  if (name === "") {
    leftOut.push({ id: place, reason: "names no audio file" });
    return [];
  }
  const id = name.slice(0, name.length - extname(name).length);
  const audioPath = isAbsolute(name) ? name : join(dirname(path), name);
  const sizeReason = await checkSize(audioPath, cells.get("wav_filesize") ?? "", sizes);
  if (sizeReason) {
    leftOut.push({ id, reason: sizeReason });
    return [];
  }
  return [{ id, isIdDerived: true, audioPath, text: joinLines(cells.get("transcript") ?? ""), speaker: "" }];
}

/** A file that is missing is reported when its header is read. */
async function checkSize(path: string, stated: string, sizes: Table["sizes"]): Promise<string | undefined> {
  if (!/^\d+$/.test(stated)) return undefined;
  const looked =
    sizes.get(path) ??
    stat(path).then(
      (stats) => stats.size,
      () => undefined,
    );
  sizes.set(path, looked);
  const size = await looked;
  if (size === undefined || size === Number(stated)) return undefined;
  return `${path} has ${size} bytes, and wav_filesize says ${stated}; copy it again or correct the table`;
}
