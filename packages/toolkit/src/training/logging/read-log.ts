/**
 * Reads a run's log.jsonl, and cuts it into lines for who follows it while the run writes. Stands on nothing native, so
 * that what shows a run needs no libtorch.
 */
import { join } from "node:path";
import {
  errorMessage,
  explainReadError,
  readFileOrExplain,
  systemErrorCode,
  UserError,
} from "@deepspeech-ts/recognizer/system";
import { piecesOf } from "../file-pieces.js";
import { type LoggedEvent, parseEvent } from "./logged-event.js";

export type { LoggedEvent, LoggedEventOf } from "./logged-event.js";

const LINE_END = 0x0a;

/** The log of the run in a folder. */
export function logPath(runFolder: string): string {
  return join(runFolder, "log.jsonl");
}

/**
 * All events of a run's log. A last line that is only half there, because the run is writing it or was killed, is left
 * out.
 *
 * @throws UserError where there is no log, or a line of it is no event
 */
export async function readRunLog(runFolder: string): Promise<LoggedEvent[]> {
  const path = logPath(runFolder);
  const lines = completeLines(Buffer.from(await readFileOrExplain(path)));
  return lines.map(({ text }, index) => parseOrExplain(text, `${path}: line ${index + 1}`));
}

export interface LogLine {
  /** Without its end. */
  text: string;
  /** The byte after it. */
  end: number;
}

/** The lines of a log, without what follows the last line's end. */
export function completeLines(bytes: Buffer): LogLine[] {
  const lines: LogLine[] = [];
  for (let start = 0; ; start = endOf(lines)) {
    const end = bytes.indexOf(LINE_END, start);
    if (end === -1) return lines;
    lines.push({ text: bytes.toString("utf8", start, end), end: end + 1 });
  }
}

/**
 * The lines of the log at `path` one by one, without what follows the last line's end; none where there is no log.
 * @throws UserError where it cannot be read
 */
export function* linesIn(path: string): Generator<LogLine, void, undefined> {
  let [rest, start] = [Buffer.alloc(0), 0];
  try {
    for (const piece of piecesOf(path)) {
      const bytes = Buffer.concat([rest, piece]);
      const lines = completeLines(bytes);
      for (const { text, end } of lines) yield { text, end: start + end };
      rest = bytes.subarray(endOf(lines));
      start += endOf(lines);
    }
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw explainReadError(path, error);
  }
}

/** Where the last line ends; 0 where there is none. */
export function endOf(lines: readonly LogLine[]): number {
  return lines.at(-1)?.end ?? 0;
}

function parseOrExplain(line: string, place: string): LoggedEvent {
  try {
    return parseEvent(line);
  } catch (error) {
    const found = JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}...` : line);
    throw new UserError(
      `${place}: expected a logged event, found ${found} (${errorMessage(error)}); delete the line.`,
      { code: "bad-log", cause: error },
    );
  }
}
