/**
 * What a resumed run keeps of its log. A killed run has logged steps after its last checkpoint, the last line perhaps
 * only by half; the resumed one takes these steps again. So the log is cut where the checkpoint stands, and a run that
 * was killed and resumed leaves the log of one that never stopped, but for the lines that say when it was started again.
 */
import { statSync } from "node:fs";
import { writeFileAtomicallySync } from "@deepspeech-ts/recognizer/system";
import { piecesOf } from "../file-pieces.js";
import { formatEvent, type LoggedEvent, parseEvent } from "./logged-event.js";
import { linesIn } from "./read-log.js";

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
 * Cuts the log at `path` to what a run resumed at `point` has behind it; a log that is not there has nothing. Steps and
 * epochs beyond go, and so does what follows the last epoch (averaged weights, a test, the end), because the run goes on.
 * So does everything from the first line that is no event, which a power cut can leave.
 *
 * @returns what it tells already
 * @throws UserError where the log cannot be read or written; it is as before then
 */
export function restoreLog(path: string, point: ResumePoint): Told {
  const told = new Told();
  let length = 0;
  for (const { text, end } of linesIn(path)) {
    const event = parseOrNull(text);
    if (event === null || isBeyond(event, point)) break;
    told.note(event);
    length = end;
  }
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (length < size) writeFileAtomicallySync(path, piecesOf(path, length));
  return told;
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
 * What a resumed run's log says already, and need not say again: files that could not be loaded, warnings, and its corpora,
 * unless they changed since it was last started. The log itself may be far larger than this.
 */
export class Told {
  readonly #said = new Set<string>();
  #data: string | undefined;

  note(event: LoggedEvent): void {
    if (event.kind === "data") this.#data = keyOf(event);
    else if (isSaidOnce(event)) this.#said.add(keyOf(event));
  }

  has(event: LoggedEvent): boolean {
    if (event.kind === "data") return keyOf(event) === this.#data;
    return isSaidOnce(event) && this.#said.has(keyOf(event));
  }
}

function isSaidOnce({ kind }: LoggedEvent): boolean {
  return kind === "failure" || kind === "warning";
}

function keyOf(event: LoggedEvent): string {
  return formatEvent({ ...event, time: "" });
}
