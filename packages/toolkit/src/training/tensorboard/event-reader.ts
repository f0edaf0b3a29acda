/**
 * Reads TensorBoard event files back: for plots of finished runs, and to prove what the writer wrote.
 */

import { readFileSync } from "node:fs";
import { explainReadError } from "@deepspeech-ts/recognizer/system";
import { decodeEvent, type EventMessage, FILE_VERSION, type SummaryValue } from "./event-schema.js";
import { RecordError, splitRecords } from "./records.js";

/** One logged value: a point of a curve, a text, or a picture as the bytes of its file. */
export type LoggedValue = {
  tag: string;
  step: number;
  /** Seconds since 1970. */
  wallTime: number;
} & (
  | { kind: "scalar"; value: number }
  | { kind: "text"; text: string }
  | { kind: "image"; width: number; height: number; encodedImage: Uint8Array }
);

/**
 * The scalars, texts and images of the event file at `path`, in the order of writing. Values of other kinds, which
 * other programs write (histograms, sounds), are passed over.
 *
 * @throws UserError where the file is missing or may not be read
 * @throws RecordError naming the file and the byte where a record is cut short, damaged or no event
 */
export function readEvents(path: string): LoggedValue[] {
  const values: LoggedValue[] = [];
  for (const { data, byteOffset } of splitRecords(readFile(path), path)) {
    const event = decode(data, path, byteOffset);
    if (byteOffset === 0) checkVersion(event, path);
    for (const value of event.summary?.value ?? []) {
      const logged = loggedValue(value, event);
      if (logged !== undefined) values.push(logged);
    }
  }
  return values;
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw explainReadError(path, error);
  }
}

function decode(data: Buffer, path: string, byteOffset: number): EventMessage {
  try {
    return decodeEvent(data);
  } catch (error) {
    throw new RecordError(path, `the record is no TensorBoard event (${(error as Error).message})`, byteOffset);
  }
}

function checkVersion({ fileVersion }: EventMessage, path: string): void {
  if (fileVersion === FILE_VERSION) return;
  const found = fileVersion === undefined ? "no version" : `the version "${fileVersion}"`;
  throw new RecordError(path, `expected the version "${FILE_VERSION}", found ${found}`, 0);
}

function loggedValue(value: SummaryValue, { step, wallTime }: EventMessage): LoggedValue | undefined {
  const { tag, simpleValue, image, tensor, metadata } = value;
  if (simpleValue !== undefined) return { kind: "scalar", tag, step, wallTime, value: simpleValue };
  if (image !== undefined) {
    const { width, height, encodedImage } = image;
    return { kind: "image", tag, step, wallTime, width, height, encodedImage };
  }

  const bytes = tensor?.stringValues?.[0];
  if (bytes === undefined || metadata?.pluginData?.pluginName !== "text") return undefined;
  return { kind: "text", tag, step, wallTime, text: Buffer.from(bytes).toString("utf8") };
}
