/**
 * Tables in text files: comma-separated with quotes, as RFC 4180 has it, and plain lines cut at a separator.
 */
import { UserError } from "../../errors.js";

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

/** Lines cut at each separator; quotes mean nothing. Empty lines are skipped. */
export function parseLines(text: string, separator: string): TextRow[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ lineNumber: index + 1, cells: line.split(separator), isEmpty: line.trim() === "" }))
    .filter(({ isEmpty }) => !isEmpty)
    .map(({ lineNumber, cells }) => ({ lineNumber, cells }));
}

/** Comma-separated values: a cell in quotes may hold commas, line ends, and quotes written twice. */
export function parseCsv(text: string): TextRow[] {
  const rows: TextRow[] = [];
  let [cells, start, line]: [string[], number, number] = [[], 1, 1];
  // A cell in quotes, or one without; then what ends it.
  for (const [match, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    line += match.split("\n").length - 1;
    if (end === ",") continue;
    if (cells.length > 1 || cells[0] !== "") rows.push({ lineNumber: start, cells });
    [cells, start] = [[], line];
  }
  return rows;
}

/**
 * Names the cells of each row by the first.
 *
 * @param required columns that must be there.
 * @throws UserError where one is missing.
 */
export function nameColumns(
  path: string,
  [header, ...rows]: readonly TextRow[],
  required: readonly string[],
): NamedRow[] {
  const names = header?.cells.map((name) => name.trim()) ?? [];
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `${path}: has no column ${missing.join(", ")}; its first line is to name the columns, ${required.join(", ")} among them.`,
      { code: "bad-corpus" },
    );
  }
  return rows.map(({ lineNumber, cells }) => ({
    lineNumber,
    cells: new Map(names.map((name, index) => [name, cells[index]?.trim() ?? ""])),
  }));
}
