/**
 * A line of a manifest: a JSON object with the keys that NVIDIA NeMo made customary. Python's programs write `NaN` and
 * `Infinity` where a value is not known, which no JSON is; they are read as null.
 */
import { quoteValue } from "@deepspeech-ts/speech";
import { isOffset, LONGEST_SECONDS } from "./stated-duration.js";

/** What a line says; paths as they stand there. */
export interface ManifestLine {
  audioFilepath: string;
  /** Not checked: who reads the line knows what to do without one. Undefined where there is none. */
  duration: unknown;
  text: string;
  /** Where the utterance begins in its file, in seconds; undefined where the file is all of it. */
  offset: number | undefined;
  /** Undefined where it is not given; never empty. */
  speaker: string | undefined;
  id: string | undefined;
}

type Fields = Record<string, unknown>;

/** Why a line is left out. */
class BadLine extends Error {}

/** What the line says, or why it is left out. */
export function parseManifestLine(line: string): ManifestLine | string {
  try {
    const fields = parseObject(line);
    return {
      audioFilepath: requiredString(fields, "audio_filepath"),
      duration: fields.duration,
      text: requiredString(fields, "text", { allowEmpty: true }),
      offset: optionalOffset(fields),
      speaker: optionalString(fields, "speaker"),
      id: optionalString(fields, "id"),
    };
  } catch (error) {
    if (error instanceof BadLine) return error.message;
    throw error;
  }
}

function parseObject(line: string): Fields {
  const value =
    parseJson(line) ?? parseJson(line.replace(PYTHONS_NUMBERS, (found) => (found[0] === '"' ? found : "null")));
  if (value === undefined) {
    throw new BadLine('is not JSON; expected {"audio_filepath": "...", "duration": 1.5, "text": "..."} on one line');
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadLine("is not a JSON object; expected one object a line, not a list");
  }
  return value as Fields;
}

/** Strings too, so that what stands within them is left alone. */
const PYTHONS_NUMBERS = /"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g;

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function optionalOffset({ offset }: Fields): number | undefined {
  if (offset === undefined || offset === null) return undefined;
  if (isOffset(offset)) return offset;
  throw new BadLine(`has "offset" ${quoteValue(offset)}, expected seconds, 0 or above and at most ${LONGEST_SECONDS}`);
}

function requiredString(fields: Fields, key: string, { allowEmpty = false } = {}): string {
  const value = fields[key];
  if (value === undefined) throw new BadLine(`has no "${key}"; add it`);
  if (typeof value === "string" && (allowEmpty || value !== "")) return value;
  throw new BadLine(`has "${key}" ${quoteValue(value)}, expected a string${allowEmpty ? "" : " with content"}`);
}

/** A string, or a number taken as one: speakers and ids are often numbers. */
function optionalString(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new BadLine(`has "${key}" ${quoteValue(value)}, expected a string`);
}
