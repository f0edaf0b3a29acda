/**
 * What a client wishes, checked field by field: OpenAI's fields, and ours. A field that is unknown, or that this server
 * cannot honour, is refused by name rather than ignored.
 */
import { DECODINGS, type DecodingOptions } from "@deepspeech-ts/recognizer";
import type { Alphabet } from "@deepspeech-ts/speech";
import { ApiError, badField } from "./api-error.js";
import { checkChunking, withoutChunking } from "./chunking-strategy.js";
import { type Fields, single } from "./fields.js";
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

/** How a request wants its text searched for. */
export interface DecodingWish extends Pick<DecodingOptions, "decoding"> {
  readonly hotWords: readonly string[];
}

export interface TranscriptionWish extends DecodingWish {
  readonly responseFormat: ResponseFormat;
  /** What the answer tells the times of. */
  readonly granularities: ReadonlySet<Granularity>;
  /** Whether the answer tells how sure each word is, as OpenAI's `logprobs`. */
  readonly logProbs: boolean;
  readonly isStream: boolean;
}

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
  "include",
  "hot_words",
  "decoding",
];
const LISTS = new Set(["timestamp_granularities", "include", "hot_words"]);

const NO_SPEAKERS = "is not offered: speakers are not told apart here";
/** Of OpenAI's fields, those that this server cannot honour. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  known_speaker_names: NO_SPEAKERS,
  known_speaker_references: NO_SPEAKERS,
};

/** @throws ApiError 400, or 404 for another model */
export function parseTranscriptionFields(given: Fields, model: ServedModel): TranscriptionWish {
  checkChunking(given);
  const fields = withoutChunking(given);
  checkNames(fields, KNOWN_FIELDS);
  checkModel(single(fields, "model"), model);
  checkLanguage(single(fields, "language"));
  checkTemperature(single(fields, "temperature"));
  const responseFormat = parseFormat(single(fields, "response_format") ?? "json");
  const isStream = parseBoolean("stream", single(fields, "stream") ?? "false");
  if (isStream && responseFormat !== "json" && responseFormat !== "text") {
    throw badField("stream", "A stream has events of its own; response_format must be json or text with it.");
  }
  return {
    responseFormat,
    granularities: parseGranularities(fields, responseFormat),
    logProbs: parseInclude(fields, responseFormat),
    isStream,
    ...parseDecoding(fields, model.alphabet),
  };
}

/** @throws ApiError 400 for a name that is not among the known ones, and for a value given twice */
export function checkNames(fields: Fields, known: readonly string[]): void {
  for (const [name, values] of fields) {
    if (!known.includes(name)) {
      const problem = NOT_OFFERED[name] ?? "is not supported here";
      throw badField(name, `"${name}" ${problem}; there are ${known.join(", ")}.`, "unknown_field");
    }
    if (values.length > 1 && !LISTS.has(name)) throw badField(name, `"${name}" is given ${values.length} times.`);
  }
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
  if (language === undefined || /^(en([-_][a-z]{2})?|eng|english)$/i.test(language)) return;
  throw badField("language", `The model understands English (en) alone, not "${language}".`, "unsupported_language");
}

/**
 * The search, with the prompt's words and the listed phrases.
 *
 * @throws ApiError 400, also for words where nothing is searched
 */
export function parseDecoding(fields: Fields, alphabet: Alphabet): DecodingWish {
  const value = single(fields, "decoding");
  const decoding = value === undefined ? undefined : oneOf("decoding", value, DECODINGS);
  const ignored = decoding === "greedy" && ["hot_words", "prompt"].find((name) => fields.has(name));
  if (ignored) throw badField(ignored, `${ignored} has no effect on greedy decoding; leave out one of the two.`);
  const listed = parseHotWords(fields.get("hot_words") ?? [], alphabet);
  const hotWords = [...new Set([...promptWords(single(fields, "prompt") ?? "", alphabet), ...listed])];
  return { decoding, hotWords };
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

function parseFormat(text: string): ResponseFormat {
  if (text !== "diarized_json") return oneOf("response_format", text, RESPONSE_FORMATS);
  const message = `diarized_json ${NO_SPEAKERS}; there are ${RESPONSE_FORMATS.join(", ")}.`;
  throw badField("response_format", message);
}

function parseGranularities(fields: Fields, format: ResponseFormat): ReadonlySet<Granularity> {
  const name = "timestamp_granularities";
  const values = fields.get(name)?.map((value) => oneOf(name, value, GRANULARITIES));
  if (format === "text" && values) throw badField(name, `${name} needs a response_format that has times: not text.`);
  if ((format === "srt" || format === "vtt") && values?.includes("word")) {
    throw badField(name, `${name}: ${format} has no times of words; json and verbose_json do.`);
  }
  return new Set(values ?? (format === "verbose_json" ? ["segment"] : []));
}

function parseInclude(fields: Fields, format: ResponseFormat): boolean {
  const values = fields.get("include")?.map((value) => oneOf("include", value, ["logprobs"])) ?? [];
  if (values.length === 0) return false;
  if (format === "json") return true;
  const instead = format === "verbose_json" ? ", whose words have their confidence" : "";
  throw badField("include", `include: logprobs needs response_format json, not ${format}${instead}.`);
}
