/**
 * Writes a training run's curves as TensorBoard event files, so that `tensorboard --logdir runs` shows them beside any
 * other project's. Format: a TFRecord an event, the first of which names the file's version.
 */

import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { systemErrorCode, UserError } from "../../errors.js";
import { AppendFile, writeError } from "./append-file.js";
import { encodeEvent, FILE_VERSION, type SummaryValue, scalarValue, textValue } from "./event-schema.js";
import { frameRecord } from "./records.js";

/** Records wait in memory until this many bytes have gathered... */
const FLUSH_BYTES = 65536;
/** ...or until a record comes this long after the last flush, so that a running TensorBoard keeps up. */
const FLUSH_SECONDS = 2;

/** Appends scalars and texts to one event file. All calls are synchronous. */
export interface EventWriter {
  /** The event file. */
  readonly path: string;

  /**
   * Adds one point of the curve `tag`. NaN and infinities are kept: a diverged loss should be seen.
   *
   * @param tag the curve's name; TensorBoard groups by what stands before the first slash, as in "Loss/train"
   * @param value stored as float32
   * @param step the point's place on the horizontal axis, an integer
   * @param wallTime seconds since 1970, by default now
   */
  scalar(tag: string, value: number, step: number, wallTime?: number): void;

  /** Adds a text in Markdown, such as a run's configuration or a sample transcript. */
  text(tag: string, value: string, step: number): void;

  /** Hands what was buffered to the operating system. */
  flush(): void;

  /** Flushes and closes the file; the writer is of no use afterwards. */
  close(): void;
}

/**
 * Opens a new event file `events.out.tfevents.<unix seconds>.<hostname>.<pid>.<n>` in `directory`, which is made where
 * it is missing. Resumed runs open another file in the same directory: TensorBoard joins them.
 *
 * @throws UserError, as do the writer's calls, where the disk is full or the file cannot be written
 */
export function openEventWriter(directory: string): EventWriter {
  makeDirectory(directory);
  const seconds = Math.floor(Date.now() / 1000);
  const stem = `events.out.tfevents.${seconds}.${hostname()}.${process.pid}`;
  // Another thread of this process may have opened one within this second.
  for (let n = 0; ; n++) {
    try {
      return new BufferedEventWriter(join(directory, `${stem}.${n}`));
    } catch (error) {
      if (!(error instanceof UserError && systemErrorCode(error.cause) === "EEXIST")) throw error;
    }
  }
}

class BufferedEventWriter implements EventWriter {
  readonly path: string;
  readonly #file: AppendFile;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lastFlushSeconds = 0;

  constructor(path: string) {
    this.path = path;
    this.#file = new AppendFile(path);
    this.#push(encodeEvent({ wallTime: nowSeconds(), step: 0, fileVersion: FILE_VERSION }));
    this.flush();
  }

  scalar(tag: string, value: number, step: number, wallTime = nowSeconds()): void {
    this.#add(scalarValue(tag, value), step, wallTime);
  }

  text(tag: string, value: string, step: number): void {
    this.#add(textValue(tag, value), step, nowSeconds());
  }

  flush(): void {
    this.#lastFlushSeconds = nowSeconds();
    if (this.#pendingBytes === 0) return;
    this.#file.append(Buffer.concat(this.#pending));
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  close(): void {
    try {
      this.flush();
    } finally {
      this.#file.close();
    }
  }

  #add(value: SummaryValue, step: number, wallTime: number): void {
    if (!Number.isSafeInteger(step)) throw new RangeError(`step of "${value.tag}" must be an integer, got ${step}`);
    this.#push(encodeEvent({ wallTime, step, summary: { value: [value] } }));
    const isDue = nowSeconds() - this.#lastFlushSeconds >= FLUSH_SECONDS;
    if (isDue || this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  #push(event: Uint8Array): void {
    const record = frameRecord(event);
    this.#pending.push(record);
    this.#pendingBytes += record.length;
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw writeError(`cannot make the folder ${directory}`, error);
  }
}

function nowSeconds(): number {
  return Date.now() / 1000;
}
