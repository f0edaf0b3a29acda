/**
 * A line of a run's log.jsonl: one event of training/events.ts as JSON, with the time at which it happened.
 *
 * JSON has no NaN and no infinities, but a run that diverges has both, and they are what its reader looks for. They are
 * written as the strings "NaN", "Infinity" and "-Infinity", and are numbers again once read.
 */
import type { TrainingEvent } from "../events.js";

/** An event as the log holds it; progress within an evaluation is not logged. */
export type LoggedEvent = Exclude<TrainingEvent, { kind: "evaluating" }> & {
  /** ISO 8601, in UTC. */
  time: string;
};

export type LoggedEventOf<K extends LoggedEvent["kind"]> = Extract<LoggedEvent, { kind: K }>;

/** The names of all fields of `T`, at any depth, that hold a string. */
type TextKeys<T> = T extends readonly (infer Element)[]
  ? TextKeys<Element>
  : T extends object
    ? { [K in keyof T & string]-?: NonNullable<T[K]> extends string ? K : TextKeys<NonNullable<T[K]>> }[keyof T &
        string]
    : never;

/** Fields in which "NaN" is a word. The compiler asks for each one, and for no other. */
const TEXT_KEYS: Record<TextKeys<LoggedEvent>, true> = {
  kind: true,
  time: true,
  id: true,
  reason: true,
  runFolder: true,
  normalisation: true,
  reference: true,
  hypothesis: true,
  audioPath: true,
  digest: true,
  message: true,
  outlook: true,
  key: true,
  was: true,
  is: true,
};

/** The event as one line, its end included. */
export function formatEvent({ time, kind, ...fields }: LoggedEvent): string {
  return `${JSON.stringify({ time, kind, ...fields }, (_, value: unknown) => readableNumber(value))}\n`;
}

/** A number that JSON cannot hold as its name; anything else as it is. */
export function readableNumber(value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** Nearly all lines are without, and are parsed five times as fast. */
const MAYBE_NUMBER = /"(NaN|-?Infinity)"/;

/** @throws Error where the line is no event; its message says what it is instead */
export function parseEvent(line: string): LoggedEvent {
  const event: unknown = JSON.parse(line, MAYBE_NUMBER.test(line) ? restoreNumber : undefined);
  if (isEvent(event)) return event;
  throw new Error('expected an object with the fields "kind" and "time"');
}

/** Called by JSON.parse with the object or array that holds the value as `this`. */
function restoreNumber(this: unknown, key: string, value: unknown): unknown {
  if (typeof value !== "string" || Array.isArray(this) || key in TEXT_KEYS) return value;
  return ["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value;
}

function isEvent(value: unknown): value is LoggedEvent {
  if (typeof value !== "object" || value === null || !("kind" in value && "time" in value)) return false;
  return typeof value.kind === "string" && typeof value.time === "string";
}
