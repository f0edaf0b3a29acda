/**
 * Tables in text files: comma-separated with quotes, as RFC 4180 has it, and plain lines cut at a separator. A table that
 * people made has rows that break its rules. Such a row must not take others with it, nor lose a part of itself in
 * silence: it is read as it stands where that gives a row, and named where it does not.
 */
import { UserError } from "@deepspeech-ts/recognizer/system";
import Papa from "papaparse";
import type { LeftOut } from "../types.js";

/** A row, and the number of the line that it begins in. */
export interface TextRow {
  readonly lineNumber: number;
  readonly cells: readonly string[];
}

/** A row by the names in the table's first line. */
export interface NamedRow {
  readonly lineNumber: number;
  readonly cells: ReadonlyMap<string, string>;
}

/** A quotation mark whose partner is not found in so many lines has none. */
const MOST_LINES = 64;

/** Lines cut at each separator; quotes mean nothing. Empty lines are skipped. */
export function parseLines(text: string, separator: string): TextRow[] {
  return text
    .split("\n")
    .map((line, index) => ({ lineNumber: index + 1, cells: line.split(separator), isEmpty: line.trim() === "" }))
    .filter(({ isEmpty }) => !isEmpty)
    .map(({ lineNumber, cells }) => ({ lineNumber, cells }));
}

/** Comma-separated values: a cell in quotes may hold commas, line ends, and quotes written twice. Empty lines are skipped. */
export function parseCsv(text: string, separator = ","): TextRow[] {
  const lines = text.split("\n");
  const rows: TextRow[] = [];
  for (let at = 0; at < lines.length; ) {
    const { cells, numLines } = readRow(lines, at, { separator, width: rows[0]?.cells.length });
    if (cells.length > 1 || cells[0]?.trim() !== "") rows.push({ lineNumber: at + 1, cells });
    at += numLines;
  }
  return rows;
}

interface Shape {
  readonly separator: string;
  /** Cells of the table's first row; undefined of that row itself. */
  readonly width: number | undefined;
}

/** The row that begins in a line: by the rules of quotes, or where it breaks them, the line as it stands. */
function readRow(lines: readonly string[], first: number, { separator, width }: Shape) {
  const line = lines[first] as string;
  const asItStands = { cells: line.split(separator), numLines: 1 };
  if (!line.includes('"')) return asItStands;
  for (let numLines = 1; numLines <= MOST_LINES && first + numLines <= lines.length; numLines++) {
    // Only a line with a quotation mark can end the cell.
    if (numLines > 1 && !lines[first + numLines - 1]?.includes('"')) continue;
    const parsed = parseRecord(lines.slice(first, first + numLines).join("\n"), separator);
    if (parsed === "open") continue;
    // Where all lines that the cell takes in are rows themselves, two marks without partners stand in two rows.
    const isRow = (other: string) => isLike(other.split(separator), asItStands.cells, width);
    const swallowsRows = numLines > 1 && lines.slice(first + 1, first + numLines).every(isRow);
    return parsed === "malformed" || swallowsRows ? asItStands : { cells: parsed, numLines };
  }
  return asItStands;
}

/** Whether a line has a table's number of cells, and names a file where another row does. */
function isLike(cells: readonly string[], row: readonly string[], width: number | undefined): boolean {
  const ending = (cell: string | undefined) => /\.\w+$/.exec(cell ?? "")?.[0];
  return (
    cells.length === width && cells.some((cell, i) => ending(cell) !== undefined && ending(cell) === ending(row[i]))
  );
}

function parseRecord(text: string, delimiter: string): string[] | "open" | "malformed" {
  const { data, errors } = Papa.parse<string[]>(text, { delimiter, newline: "\n" });
  if (errors.some(({ code }) => code === "InvalidQuotes")) return "malformed";
  if (errors.some(({ code }) => code === "MissingQuotes")) return "open";
  return data.length === 1 ? (data[0] as string[]) : "malformed";
}

/**
 * Names the cells of each row by the first. A row of more cells than names is left out: one of them was cut.
 *
 * @param required columns that must be there.
 * @throws UserError where one is missing, or there is no row but the first.
 */
export function nameColumns(
  path: string,
  [header, ...rows]: readonly TextRow[],
  required: readonly string[],
): { rows: NamedRow[]; leftOut: LeftOut[] } {
  const names = header?.cells.map((name) => name.trim()) ?? [];
  if (!header) throw new UserError(`${path}: is empty.`, { code: "bad-corpus" });
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) throw missingColumns(path, { line: header.cells.join(), missing, required });
  if (rows.length === 0) {
    throw new UserError(`${path}: has no row below the names of its columns.`, { code: "bad-corpus" });
  }
  const isTooLong = ({ cells }: TextRow) => cells.slice(names.length).some((cell) => cell.trim() !== "");
  return {
    rows: rows
      .filter((row) => !isTooLong(row))
      .map(({ lineNumber, cells }) => ({
        lineNumber,
        cells: new Map(names.map((name, index) => [name, cells[index]?.trim() ?? ""])),
      })),
    leftOut: rows.filter(isTooLong).map(({ lineNumber, cells }) => ({
      id: `${path}, line ${lineNumber}`,
      reason: `has ${cells.length} cells under ${names.length} names; is a quotation mark missing, or one without partner?`,
    })),
  };
}

function missingColumns(
  path: string,
  { line, missing, required }: { line: string; missing: readonly string[]; required: readonly string[] },
): UserError {
  const isThere = missing.every((name) => line.includes(name));
  const hint = isThere ? " They stand in it, parted by another sign than this format has." : "";
  return new UserError(
    `${path}: has no column ${missing.join(", ")}; its first line is to name the columns, ${required.join(", ")} among them.${hint}`,
    { code: "bad-corpus" },
  );
}
