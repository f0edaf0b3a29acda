/**
 * What a resumed run keeps of its log. A killed run has logged steps after its last checkpoint, the last line perhaps
 * only by half; the resumed one takes these steps again. So the log is cut where the checkpoint stands, and a run that
 * was killed and resumed leaves the log of one that never stopped, but for the lines that say when it was started again.
 */
import { readFileSync } from "node:fs";
import { explainReadError, systemErrorCode, writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { formatEvent, type LoggedEvent, parseEvent } from "./logged-event.js";
import { completeLines } from "./read-log.js";

/** Where a run's checkpoint stands. */
export interface ResumePoint {
  /** Steps taken. */
  step: number;
  /** Epochs finished and measured. */
  epoch: number;
  /** Steps taken when dev was last measured. Default: not known, as in runs of earlier versions. */
  measuredStep?: number | null;
}

/**
 * Cuts the log at `path` to what a run resumed at `point` has behind it, and returns that; a log that is not there has
 * nothing. Steps and epochs beyond go, and so does what follows the last epoch (averaged weights, a test, the end),
 * because the run goes on. So does everything from the first line that is no event, which a power cut can leave.
 *
 * @throws UserError where the log cannot be read or written; it is as before then
 */
export function restoreLog(path: string, point: ResumePoint): LoggedEvent[] {
  const bytes = readIfThere(path);
  const events: LoggedEvent[] = [];
  let length = 0;
  for (const { text, end } of completeLines(bytes)) {
    const event = parseOrNull(text);
    if (event === null || isBeyond(event, point)) break;
    events.push(event);
    length = end;
  }
  if (length < bytes.length) writeFileAtomicallySync(path, [bytes.subarray(0, length)]);
  return events;
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return Buffer.alloc(0);
    throw explainReadError(path, error);
  }
}

function parseOrNull(line: string): LoggedEvent | null {
  try {
    return parseEvent(line);
  } catch {
    return null;
  }
}

function isBeyond(event: LoggedEvent, { step, epoch, measuredStep = null }: ResumePoint): boolean {
  if (event.kind === "step") return event.step > step;
  if (event.kind === "epoch") return measuredStep === null ? event.epoch > epoch : event.step > measuredStep;
  return event.kind === "averaged" || event.kind === "test" || event.kind === "finished";
}

/**
 * Whether a resumed run's log says so already: files that could not be loaded, warnings, and its corpora, unless they changed
 * since it was last started.
 */
export function isTold(event: LoggedEvent, kept: readonly LoggedEvent[]): boolean {
  if (event.kind === "failure") {
    const { id, reason } = event;
    return kept.some((earlier) => earlier.kind === "failure" && earlier.id === id && earlier.reason === reason);
  }
  if (event.kind === "warning") {
    return kept.some((earlier) => earlier.kind === "warning" && earlier.message === event.message);
  }
  if (event.kind !== "data") return false;
  const last = kept.findLast((earlier) => earlier.kind === "data");
  return last !== undefined && formatEvent({ ...last, time: "" }) === formatEvent({ ...event, time: "" });
}
