/** What a caller may ask for, checked at the door. */
import type { Alphabet, BundleHeader, HotWord } from "@deepspeech-ts/speech";
import {
  checkWeights,
  createBeamSearchDecoder,
  isGreedy,
  SpeechError,
  soundOf,
  spellOut,
  UNCALIBRATED,
  withoutUndefined,
} from "@deepspeech-ts/speech";
import { RecognizerError } from "../errors.js";
import type { HeardSegment } from "./long-audio.js";
import type { SearchSettings } from "./search.js";
import type { Segment } from "./transcription.js";

/** How emissions become text. Whatever is absent is as the bundle has it. */
export interface DecodingOptions {
  /**
   * "greedy": each frame's likeliest token, without the language model and the hot words that the bundle may have.
   * "beam": a search among many texts. Default: as the bundle has it; greedy where neither it nor the request has anything
   * to search with.
   */
  decoding?: Decoding | undefined;
  /** Use the bundle's language model. Default: if it has one. */
  languageModel?: boolean | undefined;
  /**
   * Phrases to favour besides those of the bundle, as people write them; one without a weight has the bundle's `hotWordWeight`. They need
   * beam search.
   */
  hotWords?: readonly (string | HotWord)[] | undefined;
  /** Prefixes that beam search keeps. Default: the bundle's; else 100 with a language model, hot words or `nBest`. */
  beamSize?: number | undefined;
  /** Weight of the language model. */
  lmWeight?: number | undefined;
  /** Added to the score for each word. */
  wordScore?: number | undefined;
  /** Added for each word that the language model lacks, besides what its letters cost. */
  unknownWordScore?: number | undefined;
  /** How many texts to answer with, best first. Default 1. More than 1 needs beam search. */
  nBest?: number | undefined;
  /** Tell when each word was spoken and how sure it is. Default false. */
  wordTimes?: boolean | undefined;
}

/** The names that {@link DecodingOptions} takes for its decoding. */
export const DECODINGS = ["greedy", "beam"] as const;
/** One of {@link DECODINGS}. */
export type Decoding = (typeof DECODINGS)[number];

/** What every request may be given. */
export interface RequestOptions {
  /** Aborting rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Rejects with `timeout` after this many seconds. Default: never. */
  timeoutSeconds?: number | undefined;
}

/** What a request with sound may be given besides. */
export interface AudioOptions {
  /** Samples a second, where raw samples are given: 1000 to 384,000. Default: the model's. */
  sampleRate?: number | undefined;
  /** What error messages call the sound. Default: its path, or "the recording". */
  fileName?: string | undefined;
  /** Longer recordings are refused with `too-long`. Default: none are. */
  maxDurationSeconds?: number | undefined;
}

export interface TranscribeOptions extends DecodingOptions, RequestOptions, AudioOptions {
  /** Called with each segment as soon as it and all before it are done: a long recording shows as it goes. */
  onSegment?: ((segment: Segment) => void) | undefined;
  /** Called with what the model says of each segment of speech, frame by frame, as it says it. */
  onEmissions?: ((heard: HeardSegment) => void) | undefined;
}

/** What `align` may be given. */
export interface AlignOptions extends RequestOptions, AudioOptions {}

type Check = { readonly wanted: string; holds(value: unknown): boolean };

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const positive: Check = { wanted: "a number above 0", holds: (value) => isNumber(value) && value > 0 };
const number: Check = { wanted: "a number", holds: isNumber };
const boolean: Check = { wanted: "true or false", holds: (value) => typeof value === "boolean" };
export const wholeNumber: Check = {
  wanted: "a whole number of 1 or more",
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};
/** As of sound files: no recorder makes more or less. */
const SAMPLE_RATES = { least: 1000, most: 384_000 };
export const sampleRate: Check = {
  wanted: `a whole number from ${SAMPLE_RATES.least} to ${SAMPLE_RATES.most} samples a second`,
  holds: (value) =>
    Number.isSafeInteger(value) && (value as number) >= SAMPLE_RATES.least && (value as number) <= SAMPLE_RATES.most,
};
const decoding: Check = {
  wanted: DECODINGS.map((name) => `"${name}"`).join(" or "),
  holds: (value) => DECODINGS.some((name) => name === value),
};
const list: Check = { wanted: "a list", holds: Array.isArray };
export const func: Check = { wanted: "a function", holds: (value) => typeof value === "function" };
const text: Check = { wanted: "text", holds: (value) => typeof value === "string" };
const signal: Check = { wanted: "an AbortSignal", holds: (value) => value instanceof AbortSignal };

export const REQUEST_CHECKS = { signal, timeoutSeconds: positive };
export const AUDIO_CHECKS = { sampleRate, fileName: text, maxDurationSeconds: positive };
export const DECODING_CHECKS = {
  decoding,
  languageModel: boolean,
  hotWords: list,
  beamSize: wholeNumber,
  lmWeight: number,
  wordScore: number,
  unknownWordScore: number,
  nBest: wholeNumber,
  wordTimes: boolean,
};
export const TRANSCRIBE_CHECKS = {
  ...REQUEST_CHECKS,
  ...AUDIO_CHECKS,
  ...DECODING_CHECKS,
  onSegment: func,
  onEmissions: func,
};
export const ALIGN_CHECKS = { ...REQUEST_CHECKS, ...AUDIO_CHECKS };
export { positive, text };

/** @throws RecognizerError `bad-argument` for an option that is unknown or of the wrong kind */
export function checkOptions(options: object, checks: Readonly<Record<string, Check>>): void {
  if (typeof options !== "object" || options === null) throw badArgument("the options are none; give an object");
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) throw badArgument(`${name} is no option here; there are ${Object.keys(checks).join(", ")}`);
    if (value === undefined || check.holds(value)) continue;
    const found = typeof value === "object" ? "an object" : JSON.stringify(value);
    throw badArgument(`${name} is ${found}, expected ${check.wanted}`);
  }
}

/**
 * The bundle's decoding with a request's wishes. Decoding is greedy where nobody asks for more.
 *
 * @throws RecognizerError `bad-argument`
 */
export function resolveSearch(options: DecodingOptions, header: BundleHeader): SearchSettings {
  const { decoding, alphabet, frameSeconds } = header;
  const confidenceCalibration = decoding.confidenceCalibration ?? UNCALIBRATED;
  const common = { frameSeconds, confidenceCalibration, wordTimes: options.wordTimes ?? false };
  if (options.decoding === "greedy") {
    refuseSearch(options);
    return { ...common, useLanguageModel: false };
  }
  const useLanguageModel = resolveLanguageModel(options, header);
  const hotWords = [...decoding.hotWords, ...(options.hotWords ?? [])].map((word) =>
    spelled(typeof word === "string" ? { phrase: word, weight: decoding.hotWordWeight } : word, alphabet),
  );
  const nBest = options.nBest ?? 1;
  const beamSize = options.beamSize ?? decoding.beamSize;
  const isPlain = isGreedy({ beamSize, hotWords }, useLanguageModel) && nBest === 1 && options.decoding !== "beam";
  const wordScore = options.wordScore ?? decoding.wordScore;
  if (isPlain && options.wordScore !== undefined) {
    throw badArgument("wordScore has no effect on greedy decoding; give beamSize");
  }
  if (isPlain) return { ...common, useLanguageModel };
  const beam = {
    hotWords,
    nBest,
    ...withoutUndefined({ beamSize, wordScore: alphabet.tokens.includes(" ") ? wordScore : options.wordScore }),
    ...(useLanguageModel && withoutUndefined(languageModelWeights(options, header))),
  };
  checkBeam({ ...beam, frameSeconds }, header);
  if (useLanguageModel && isPronounced(header.sections)) hotWords.forEach(checkPronunciation);
  return { ...common, useLanguageModel, beam };
}

/** What only a search heeds is not ignored without a word. */
function refuseSearch({ languageModel, hotWords = [], nBest = 1, ...options }: DecodingOptions): void {
  const { beamSize, lmWeight, wordScore, unknownWordScore } = options;
  const given = { languageModel: languageModel || undefined, beamSize, lmWeight, wordScore, unknownWordScore };
  const name = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  const other = hotWords.length > 0 ? "hotWords" : nBest > 1 ? "nBest" : name;
  if (other !== undefined) throw badArgument(`${other} has no effect on greedy decoding; leave out decoding: "greedy"`);
}

/** Spelt once for all segments; what cannot be is refused by the beam search. */
function spelled(word: HotWord, alphabet: Alphabet): HotWord {
  if (typeof word?.phrase !== "string") throw badArgument("a hot word is neither text nor { phrase, weight }");
  const spelling = spellOut(word.phrase, alphabet);
  return "spelt" in spelling ? { ...word, phrase: spelling.spelt } : word;
}

function resolveLanguageModel(options: DecodingOptions, { sections }: BundleHeader): boolean {
  const isThere = sections.some(({ name }) => name === "language-model.bin");
  if (options.languageModel && !isThere) {
    throw badArgument('languageModel is true, but the bundle has none; export the model with "--lm"');
  }
  const isUsed = options.languageModel ?? isThere;
  if (isUsed && options.unknownWordScore !== undefined && isPronounced(sections)) {
    throw badArgument(
      "unknownWordScore has no effect: this bundle finds words by their pronunciations, and knows those of its language model alone; leave it out",
    );
  }
  for (const name of ["lmWeight", "unknownWordScore"] as const) {
    if (!isUsed && options[name] !== undefined) throw badArgument(`${name} has no effect without a language model`);
  }
  return isUsed;
}

function languageModelWeights(options: DecodingOptions, { decoding, sections }: BundleHeader) {
  const lmWeight = options.lmWeight ?? decoding.lmWeight;
  if (isPronounced(sections)) return { lmWeight };
  return { lmWeight, unknownWordScore: options.unknownWordScore ?? decoding.unknownWordScore };
}

/** Whether words are found by their pronunciations. */
function isPronounced(sections: BundleHeader["sections"]): boolean {
  return sections.some(({ name }) => name === "pronunciations.txt");
}

/** Lets the beam search itself judge its numbers and phrases; the language model is elsewhere. */
function checkBeam(beam: Parameters<typeof createBeamSearchDecoder>[1], { alphabet }: BundleHeader): void {
  const { lmWeight, unknownWordScore, ...rest } = beam;
  try {
    checkWeights({ lmWeight, unknownWordScore });
    createBeamSearchDecoder(alphabet, rest);
  } catch (error) {
    throw error instanceof SpeechError ? badArgument(error.message) : error;
  }
}

function checkPronunciation({ phrase }: HotWord): void {
  if (phrase.split(" ").every((word) => word === "" || soundOf(word) !== undefined)) return;
  throw badArgument(`hot word "${phrase}" has no pronunciation; leave it out`);
}

function badArgument(message: string): RecognizerError {
  return new RecognizerError("bad-argument", message);
}
