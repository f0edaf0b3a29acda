/** What a caller of the beam search may set, with the values in force where nothing is set. */

import { SpeechError } from "../errors.js";
import type { LanguageModel } from "../language-model/types.js";
import { type Alphabet, validateAlphabet } from "../text/alphabet.js";
import { withoutUndefined } from "../without-undefined.js";
import { type ConfidenceCalibration, checkCalibration, UNCALIBRATED } from "./confidence.js";
import type { HotWord } from "./hot-words.js";
import type { Lexicon } from "./lexicon.js";

/** Scores, weights and thresholds are natural logarithms. */
export interface BeamSearchOptions {
  /** Seconds from one frame of the emissions to the next: hop samples × the model's stride / sample rate. */
  frameSeconds: number;
  /** The most prefixes kept after each frame, at most `LARGEST_BEAM`. Default 100. */
  beamSize?: number;
  /**
   * Prefixes this far below the best are dropped; `Infinity` keeps them. Default 16, times the language model's weight
   * where that is above 1: what the model says of a right word sets it back that much farther.
   */
  beamThreshold?: number;
  /** Tokens this far below a frame's likeliest extend no prefix; `Infinity` lets all. The blank is exempt. Default 9. */
  tokenThreshold?: number;
  /** The most tokens that extend prefixes in one frame, the blank not counted. Default 20. */
  topTokens?: number;
  /** Scores each word as it ends, and the end of the text. Needs an alphabet with a space. Default none. */
  languageModel?: LanguageModel;
  /**
   * What the language model says is multiplied by this, 0 to 20. It says how much likelier a text is than letters that
   * cost what they do on average in the model's own words: so it dislikes no text for being long. Default 0.5.
   */
  lmWeight?: number;
  /**
   * Added for every word, -100 to 100. Default 0; with a language model 0.5, and as much again for each unit of its weight:
   * where it lacks words it prefers few, and the more so the more it weighs.
   */
  wordScore?: number;
  /**
   * Added for every word that the language model lacks, besides the cost of its letters: at most 0, and `-Infinity`
   * forbids such words. Words of hot words are exempt. Default -1.
   */
  unknownWordScore?: number;
  /** The only words allowed, those of hot words aside. Needs an alphabet with a space. Default any spelling. */
  lexicon?: Lexicon;
  /** Phrases to favour, in and out of the language model and the lexicon. Default none. */
  hotWords?: readonly HotWord[];
  /**
   * The most hypotheses answered with. Default 1. Where the beam is full, no more than as many prefixes are kept that every
   * later word scores alike (`Recombination`), so that 1 leaves the most room for what is still open.
   */
  nBest?: number;
  /** Mends the words' confidences; see `fitConfidence`. Default: raw ones. */
  confidenceCalibration?: ConfidenceCalibration;
}

/** Options with every default filled in. */
export type BeamSearchSettings = Required<Omit<BeamSearchOptions, "languageModel" | "lexicon">> & {
  languageModel: LanguageModel | undefined;
  lexicon: Lexicon | undefined;
};

const DEFAULTS = {
  beamSize: 100,
  beamThreshold: 16,
  tokenThreshold: 9,
  topTokens: 20,
  lmWeight: 0.5,
  wordScore: 0,
  unknownWordScore: -1,
  hotWords: [],
  nBest: 1,
  confidenceCalibration: UNCALIBRATED,
};

/** Held the number of words best, on dev of the sample corpus with gaps in the model: see bench/decoding. */
const WORD_SCORE_OF_WEIGHT = 0.5;

/** Beyond this a search would take gigabytes, where a few hundred prefixes hold all that is likely. */
export const LARGEST_BEAM = 100_000;

/** What scores may be. They become factors to masses, which could overflow beyond these. */
export const BEAM_SEARCH_RANGES = {
  lmWeight: { least: 0, most: 20 },
  wordScore: { least: -100, most: 100 },
  unknownWordScore: { least: Number.NEGATIVE_INFINITY, most: 0 },
} as const;

const KNOWN = new Set([...Object.keys(DEFAULTS), "frameSeconds", "languageModel", "lexicon"]);

/**
 * Fills in the defaults, and refuses what cannot work or would have no effect.
 *
 * @throws SpeechError `invalid-option`, `number-out-of-range`, `invalid-alphabet`
 */
export function resolveBeamSearchOptions(options: BeamSearchOptions, alphabet: Alphabet): BeamSearchSettings {
  validateAlphabet(alphabet);
  const unknown = Object.keys(options).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    throw new SpeechError(
      "invalid-option",
      `${unknown} is no option of the beam search; it has ${[...KNOWN].join(", ")}`,
    );
  }
  const settings: BeamSearchSettings = {
    languageModel: undefined,
    lexicon: undefined,
    ...DEFAULTS,
    ...(options.languageModel !== undefined && defaultsWithModel(options.lmWeight)),
    ...withoutUndefined(options),
  };
  checkNumbers(settings);
  checkCombination(options, alphabet);
  return settings;
}

function defaultsWithModel(lmWeight = DEFAULTS.lmWeight): Pick<BeamSearchOptions, "beamThreshold" | "wordScore"> {
  return {
    beamThreshold: DEFAULTS.beamThreshold * Math.max(1, lmWeight),
    wordScore: WORD_SCORE_OF_WEIGHT * (1 + lmWeight),
  };
}

function checkNumbers(settings: BeamSearchSettings): void {
  for (const [name, most] of [["beamSize", LARGEST_BEAM], ["topTokens"], ["nBest"]] as const) {
    const value = settings[name];
    const isWhole = Number.isInteger(value) && value >= 1 && value <= (most ?? value);
    check(name, value, isWhole, `a whole number from 1${most === undefined ? "" : ` to ${most}`}`);
  }
  for (const name of ["beamThreshold", "tokenThreshold"] as const) {
    check(name, settings[name], settings[name] > 0, "above 0");
  }
  const { frameSeconds } = settings;
  check("frameSeconds", frameSeconds, frameSeconds > 0 && Number.isFinite(frameSeconds), "a finite number above 0");
  checkCalibration("confidenceCalibration", settings.confidenceCalibration);
  checkWeights(settings);
}

/**
 * Refuses what is outside `BEAM_SEARCH_RANGES`; what is not given has a default that is within.
 *
 * @throws SpeechError `number-out-of-range`
 */
export function checkWeights(given: { [K in keyof typeof BEAM_SEARCH_RANGES]?: number | undefined }): void {
  for (const [name, { least, most }] of Object.entries(BEAM_SEARCH_RANGES)) {
    const value = given[name as keyof typeof BEAM_SEARCH_RANGES];
    if (value === undefined) continue;
    const wanted = Number.isFinite(least) ? `from ${least} to ${most}` : `at most ${most}`;
    check(name, value, value >= least && value <= most, wanted);
  }
}

function check(name: string, value: number, holds: boolean, wanted: string): void {
  if (!holds) throw new SpeechError("number-out-of-range", `${name} is ${value}; it must be ${wanted}`);
}

function checkCombination(options: BeamSearchOptions, alphabet: Alphabet): void {
  for (const name of ["lmWeight", "unknownWordScore"] as const) {
    if (options[name] === undefined || options.languageModel !== undefined) continue;
    throw new SpeechError("invalid-option", `${name} has no effect without a languageModel`);
  }
  for (const name of ["languageModel", "lexicon", "wordScore"] as const) {
    if (options[name] === undefined || alphabet.tokens.includes(" ")) continue;
    throw new SpeechError("invalid-option", `${name} needs an alphabet with a space, which is what ends a word`);
  }
  if (options.lexicon === undefined || options.lexicon.alphabet === alphabet) return;
  const spelling = (tokens: readonly string[]) => JSON.stringify(tokens);
  if (spelling(options.lexicon.alphabet.tokens) !== spelling(alphabet.tokens)) {
    throw new SpeechError("invalid-option", "the lexicon was made with another alphabet; make it with the model's");
  }
}
