/**
 * Writes a training run's curves as TensorBoard event files, so that `tensorboard --logdir runs` shows them beside any
 * other project's. Format: a TFRecord an event, the first of which names the file's version.
 */

import { hostname } from "node:os";
import { join } from "node:path";
import { createFolder, systemErrorCode, UserError } from "@deepspeech-ts/recognizer/system";
import { BufferedFile } from "../logging/buffered-file.js";
import {
  type EncodedImage,
  type EventMessage,
  encodeEvent,
  FILE_VERSION,
  imageValue,
  type SummaryValue,
  scalarValue,
  sessionStart,
  textValue,
} from "./event-schema.js";
import { frameRecord } from "./records.js";

/** Appends scalars, texts and images to one event file. All calls are synchronous. */
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

  /** Adds a picture: the bytes of a PNG, and its size in pixels. */
  image(tag: string, image: EncodedImage, step: number): void;

  /** Says that a resumed run goes on with `step`: TensorBoard drops what the folder's earlier files hold from there on. */
  resumeFrom(step: number): void;

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
  createFolder(directory);
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
  readonly #file: BufferedFile;

  constructor(path: string) {
    this.path = path;
    this.#file = new BufferedFile(path);
    this.#push({ wallTime: nowSeconds(), step: 0, fileVersion: FILE_VERSION });
    this.flush();
  }

  scalar(tag: string, value: number, step: number, wallTime = nowSeconds()): void {
    this.#add(scalarValue(tag, value), step, wallTime);
  }

  text(tag: string, value: string, step: number): void {
    this.#add(textValue(tag, value), step, nowSeconds());
  }

  image(tag: string, image: EncodedImage, step: number): void {
    this.#add(imageValue(tag, image), step, nowSeconds());
  }

  resumeFrom(step: number): void {
    this.#push(sessionStart(step, nowSeconds()));
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }

  #add(value: SummaryValue, step: number, wallTime: number): void {
    if (!Number.isSafeInteger(step)) throw new RangeError(`step of "${value.tag}" must be an integer, got ${step}`);
    this.#push({ wallTime, step, summary: { value: [value] } });
  }

  #push(event: EventMessage): void {
    this.#file.add(frameRecord(encodeEvent(event)));
  }
}

function nowSeconds(): number {
  return Date.now() / 1000;
}
