/**
 * What a client wishes, checked field by field: OpenAI's fields, and ours. A field that is unknown, or that this server
 * cannot honour, is refused by name rather than ignored.
 */
import type { Alphabet } from "@deepspeech-ts/speech";
import { ApiError, badField } from "./api-error.js";
import { parseHotWords, promptWords } from "./vocabulary.js";

export const RESPONSE_FORMATS = ["json", "text", "srt", "verbose_json", "vtt"] as const;
export type ResponseFormat = (typeof RESPONSE_FORMATS)[number];

export const GRANULARITIES = ["segment", "word"] as const;
export type Granularity = (typeof GRANULARITIES)[number];

/** What the server's model is, as far as requests must fit it. */
export interface ServedModel {
  /** The first is its own name. */
  readonly ids: readonly string[];
  readonly alphabet: Alphabet;
}

export interface TranscriptionWish {
  readonly responseFormat: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  readonly isStream: boolean;
  readonly hotWords: readonly string[];
}

type Fields = ReadonlyMap<string, readonly string[]>;

const KNOWN_FIELDS = [
  "file",
  "model",
  "language",
  "prompt",
  "response_format",
  "temperature",
  "timestamp_granularities",
  "stream",
  "chunking_strategy",
  "hot_words",
];
const LISTS = new Set(["timestamp_granularities", "hot_words"]);

/** @throws ApiError 400, or 404 for another model */
export function parseTranscriptionFields(fields: Fields, model: ServedModel): TranscriptionWish {
  checkNames(fields, KNOWN_FIELDS);
  checkModel(single(fields, "model"), model);
  checkLanguage(single(fields, "language"));
  checkTemperature(single(fields, "temperature"));
  checkChunking(single(fields, "chunking_strategy"));
  const responseFormat = oneOf("response_format", single(fields, "response_format") ?? "json", RESPONSE_FORMATS);
  const isStream = parseBoolean("stream", single(fields, "stream") ?? "false");
  if (isStream && responseFormat !== "json" && responseFormat !== "text") {
    throw badField("stream", "A stream has events of its own; response_format must be json or text with it.");
  }
  return {
    responseFormat,
    granularities: parseGranularities(fields, responseFormat),
    isStream,
    hotWords: parseVocabulary(fields, model.alphabet),
  };
}

/** @throws ApiError 400 for a name that is not among the known ones, and for a value given twice */
export function checkNames(fields: Fields, known: readonly string[]): void {
  for (const [name, values] of fields) {
    if (!known.includes(name)) {
      throw badField(name, `"${name}" is not supported here; there are ${known.join(", ")}.`, "unknown_field");
    }
    if (values.length > 1 && !LISTS.has(name)) throw badField(name, `"${name}" is given ${values.length} times.`);
  }
}

export function single(fields: Fields, name: string): string | undefined {
  return fields.get(name)?.[0];
}

/** @throws ApiError 400 where it is missing, 404 where it is another */
export function checkModel(id: string | undefined, { ids }: ServedModel): void {
  if (id === undefined) throw badField("model", `The field model is missing; here it is ${ids[0]}.`, "missing_field");
  if (!ids.includes(id)) throw modelNotFound(id, ids);
}

export function modelNotFound(id: string, ids: readonly string[]): ApiError {
  const message = `The model "${id}" does not exist here; there is ${ids.join(", ")}.`;
  return new ApiError(404, message, { code: "model_not_found", param: "model" });
}

/** @throws ApiError 400 */
export function checkLanguage(language: string | undefined): void {
  if (language === undefined || /^(en(-[a-z]{2})?|english)$/i.test(language)) return;
  throw badField("language", `The model understands English (en) alone, not "${language}".`, "unsupported_language");
}

/** The prompt's words and the listed phrases. */
export function parseVocabulary(fields: Fields, alphabet: Alphabet): string[] {
  const listed = parseHotWords(fields.get("hot_words") ?? [], alphabet);
  return [...new Set([...promptWords(single(fields, "prompt") ?? "", alphabet), ...listed])];
}

export function parseBoolean(name: string, text: string): boolean {
  return oneOf(name, text.toLowerCase(), ["true", "false"]) === "true";
}

function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  throw badField(name, `${name} must be one of ${choices.join(", ")}, not "${value}".`);
}

/** Any that OpenAI allows is taken, and none has an effect: the search draws nothing at random. */
function checkTemperature(text: string | undefined): void {
  if (text === undefined) return;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 1)) throw badField("temperature", `temperature must be from 0 to 1, not "${text}".`);
}

/** Long recordings are always cut at pauses, which is what "auto" asks for. */
function checkChunking(text: string | undefined): void {
  if (text === undefined || text === "auto") return;
  throw badField("chunking_strategy", `chunking_strategy must be auto, not "${text}".`);
}

function parseGranularities(fields: Fields, format: ResponseFormat): ReadonlySet<Granularity> {
  const name = "timestamp_granularities";
  const values = fields.get(name);
  if (!values) return new Set(["segment"]);
  if (format !== "verbose_json") {
    throw badField(name, `${name} needs response_format verbose_json; srt and vtt have times as well.`);
  }
  return new Set(values.map((value) => oneOf(name, value, GRANULARITIES)));
}
