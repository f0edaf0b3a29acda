/** Emissions to text, as a configuration asks: greedy, or beam search with a language model and hot words. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import {
  type Alphabet,
  alignText,
  type BeamSearchOptions,
  type ConfidenceCalibration,
  createBeamSearchDecoder,
  type Emissions,
  greedyDecode,
  type Hypothesis,
  isGreedy,
  type LanguageModel,
  PronouncedModel,
  quoteValue,
  spellOut,
  type TimedHypothesis,
  type TimedWord,
  UNCALIBRATED,
  withoutUndefined,
} from "@deepspeech-ts/speech";
import type { CheckpointHeader } from "../acoustic-model/index.js";
import { loadLanguageModel } from "../language-model/load.js";
import {
  type AskedPronunciations,
  idlePronunciations,
  isPronounced,
  pronounced,
} from "../language-model/pronounced.js";
import type { DecodingConfig } from "./decoding-config.js";

/** One utterance's emissions to its best hypothesis. */
export interface Decode {
  (emissions: Emissions): Hypothesis;
  /** The same, with the words' times and confidences. */
  timed(emissions: Emissions): Hypothesis & { timedWords: TimedWord[] };
}

/** What of a checkpoint decoding depends on. */
type DecodedHeader = Pick<CheckpointHeader, "alphabet" | "features" | "model">;

/** Seconds from one frame of a model's output to the next. */
export function frameSecondsOf({ features, model }: Pick<CheckpointHeader, "features" | "model">): number {
  return (features.hopSamples * model.timeStride) / features.sampleRate;
}

/**
 * Loads what the configuration names.
 * @throws UserError for a language model that cannot be read, or a weight that would have no effect
 */
export async function openDecoding(config: DecodingConfig, header: DecodedHeader): Promise<Decode> {
  const { alphabet, model } = header;
  const frameSeconds = frameSecondsOf(header);
  const { lm, pronunciations, hotWords, hotWordWeight, ...scores } = config;
  if (lm === undefined && (config.lmWeight !== undefined || config.unknownWordScore !== undefined)) {
    throw new UserError("lmWeight and unknownWordScore have no effect without a language model; give lm.", {
      exitCode: 2,
    });
  }
  const asked = { pronunciations, writesPhones: model.numPhones > 0 };
  const idle = idlePronunciations(asked, lm !== undefined);
  if (idle !== undefined) throw new UserError(`${idle}.`, { exitCode: 2 });
  const isPlain = isGreedy(config, lm !== undefined);
  if (isPlain && config.wordScore !== undefined) {
    throw new UserError("wordScore has no effect on greedy decoding; give beamSize or lm.", { exitCode: 2 });
  }
  if (isPlain) return decodeGreedily(alphabet, frameSeconds, config.confidenceCalibration);
  const languageModel = lm && (await openLanguageModel(lm, alphabet, asked));
  if (languageModel instanceof PronouncedModel && config.unknownWordScore !== undefined) {
    const words = "this model finds words by their pronunciations, and knows those of the language model alone";
    throw new UserError(`unknownWordScore has no effect: ${words}; leave it out, or set pronunciations to false.`, {
      exitCode: 2,
    });
  }
  return beamDecode(alphabet, {
    frameSeconds,
    ...withoutUndefined(scores),
    ...(languageModel && { languageModel }),
    hotWords: spelledHotWords(hotWords, alphabet).map((phrase) => ({ phrase, weight: hotWordWeight })),
  });
}

/**
 * Loads a language model for a search over letters, or over phones.
 * @throws UserError for one that cannot be read or is of no use
 */
export async function openLanguageModel(
  path: string,
  alphabet: Alphabet,
  asked: AskedPronunciations,
): Promise<LanguageModel> {
  const model = await loadLanguageModel(path, { alphabet });
  return isPronounced(model, asked) ? (await pronounced(model, path)).languageModel : model;
}

/**
 * Hot words in the alphabet's characters, each once.
 * @throws UserError (exit 2) for one that cannot be spelt
 */
export function spelledHotWords(phrases: readonly string[], alphabet: Alphabet): string[] {
  const spelt = phrases.map((phrase) => {
    const spelling = spellOut(phrase, alphabet);
    if ("spelt" in spelling) return spelling.spelt;
    throw new UserError(`hot word ${quoteValue(phrase)} ${spelling.reason}.`, { exitCode: 2 });
  });
  return [...new Set(spelt)];
}

/** The likeliest token of each frame. Times come of aligning that text, so that they never change it. */
export function decodeGreedily(
  alphabet: Alphabet,
  frameSeconds: number,
  confidenceCalibration: ConfidenceCalibration = UNCALIBRATED,
): Decode {
  const decode = (emissions: Emissions) => greedyDecode(emissions, alphabet);
  const timed = (emissions: Emissions) => {
    const found = decode(emissions);
    const options = { frameSeconds, confidenceCalibration, isSpelt: true };
    return { ...found, timedWords: alignText(emissions, found.text, alphabet, options).timedWords };
  };
  return Object.assign(decode, { timed });
}

/** A beam search that serves one utterance after another. */
export function beamDecode(alphabet: Alphabet, options: BeamSearchOptions): Decode {
  const decoder = createBeamSearchDecoder(alphabet, options);
  const decode = (emissions: Emissions): TimedHypothesis => {
    decoder.begin();
    decoder.step(emissions);
    return decoder.end();
  };
  return Object.assign(decode, { timed: decode });
}
