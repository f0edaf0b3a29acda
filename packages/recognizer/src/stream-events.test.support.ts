/** What live recognition tells, gathered and checked, for tests. */
import assert from "node:assert/strict";
import type { CoreRecognizer } from "./core/recognizer.js";
import type { StreamEvent, StreamInput, StreamOptions } from "./core/stream-options.js";

/** As a microphone gives it: a tenth of a second at a time, unless told otherwise. */
export function* pieces(samples: Float32Array<ArrayBuffer>, size = 1600): Generator<Float32Array<ArrayBuffer>> {
  for (let at = 0; at < samples.length; at += size) yield samples.slice(at, at + size);
}

/** Every event of a stream. */
export async function allEvents(
  recognizer: CoreRecognizer,
  source: StreamInput,
  options: StreamOptions = {},
): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of recognizer.stream(source, options)) events.push(event);
  return events;
}

export const finalsOf = (events: readonly StreamEvent[]) => events.filter((event) => event.kind === "final");

export const finalTexts = (events: readonly StreamEvent[]): string[] => finalsOf(events).map(({ text }) => text);

/** Stable words stay, and the final text starts with them. */
export function checkStability(events: readonly StreamEvent[]): void {
  let stable = "";
  for (const event of events) {
    const told = event.kind === "partial" ? event.stable : event.text;
    assert.ok(startsWithWords(told, stable), `"${stable}" became "${told}"`);
    stable = event.kind === "partial" ? told : "";
  }
}

/** Whether `text` starts with all words of `beginning`. */
const startsWithWords = (text: string, beginning: string): boolean =>
  beginning === "" || `${text} `.startsWith(`${beginning} `);
