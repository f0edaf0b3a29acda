/**
 * OpenAI's `chunking_strategy`. Long recordings are always cut at pauses here, which is what "auto" and "server_vad" ask
 * for; how they are cut cannot be set. An object comes as JSON, or as a field for each of its keys:
 * `chunking_strategy[type]`.
 */
import { type ApiError, badField } from "./api-error.js";
import type { Fields } from "./fields.js";

const FIELD = /^chunking_strategy(?:\[(\w+)\])?$/;

export function withoutChunking(fields: Fields): Fields {
  return new Map([...fields].filter(([name]) => !FIELD.test(name)));
}

/** @throws ApiError 400 for a strategy that is unknown, or that has settings */
export function checkChunking(fields: Fields): void {
  const given = new Map([...fields].flatMap(([name, [value = ""]]) => settingsOf(name, value)));
  const { type, ...settings } = Object.fromEntries(given);
  if (type !== undefined && type !== "server_vad") throw badStrategy(String(type));
  const names = Object.keys(settings);
  if (names.length === 0) return;
  const message = `chunking_strategy: ${names.join(", ")} cannot be set here; leave out all but the type server_vad.`;
  throw badField("chunking_strategy", message);
}

/** What a field says of the strategy; nothing where it is another field, or leaves the choice to us. */
function settingsOf(name: string, value: string): [key: string, value: unknown][] {
  const found = FIELD.exec(name);
  if (!found) return [];
  if (found[1] !== undefined) return [[found[1], value]];
  return value === "auto" ? [] : Object.entries(parseObject(value));
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "type" in value) return value;
  } catch {
    // What is no JSON is no strategy, as is JSON of another kind.
  }
  throw badStrategy(text);
}

function badStrategy(found: string): ApiError {
  const message = `chunking_strategy must be auto, or an object of type server_vad, not "${found}".`;
  return badField("chunking_strategy", message);
}
