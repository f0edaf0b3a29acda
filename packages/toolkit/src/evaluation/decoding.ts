/** Emissions to text, as a configuration asks: greedy, or beam search with a language model and hot words. */
import {
  type Alphabet,
  type BeamSearchOptions,
  createBeamSearchDecoder,
  type Emissions,
  greedyDecode,
  type Hypothesis,
  type TimedHypothesis,
  type TimedWord,
} from "@deepspeech-ts/speech";
import type { CheckpointHeader } from "../acoustic-model/index.js";
import { UserError } from "../errors.js";
import { loadLanguageModel } from "../language-model/load.js";
import type { DecodingConfig } from "./decoding-config.js";

/** One utterance's emissions to its best hypothesis; beam search tells the words' times too. */
export type Decode = (emissions: Emissions) => Hypothesis & { timedWords?: TimedWord[] };

/** Seconds from one frame of a model's output to the next. */
export function frameSecondsOf({ features, model }: Pick<CheckpointHeader, "features" | "model">): number {
  return (features.hopSamples * model.timeStride) / features.sampleRate;
}

/**
 * Loads what the configuration names.
 * @throws UserError for a language model that cannot be read, or a weight that would have no effect
 */
export async function openDecoding(config: DecodingConfig, alphabet: Alphabet, frameSeconds: number): Promise<Decode> {
  const { lm, hotWords, hotWordWeight, ...scores } = config;
  if (lm === undefined && (config.lmWeight !== undefined || config.unknownWordScore !== undefined)) {
    throw new UserError("lmWeight and unknownWordScore have no effect without a language model; give lm.", {
      exitCode: 2,
    });
  }
  const isGreedy = lm === undefined && hotWords.length === 0 && config.beamSize === undefined;
  for (const name of ["wordScore", "confidenceTemperature"] as const) {
    if (!isGreedy || config[name] === undefined) continue;
    throw new UserError(`${name} has no effect on greedy decoding; give beamSize or lm.`, { exitCode: 2 });
  }
  if (isGreedy) return (emissions) => greedyDecode(emissions, alphabet);
  return beamDecode(alphabet, {
    frameSeconds,
    ...(Object.fromEntries(
      Object.entries(scores).filter(([, value]) => value !== undefined),
    ) as Partial<BeamSearchOptions>),
    ...(lm !== undefined && { languageModel: await loadLanguageModel(lm, { alphabet }) }),
    hotWords: hotWords.map((phrase) => ({ phrase, weight: hotWordWeight })),
  });
}

/** A beam search that serves one utterance after another. */
export function beamDecode(alphabet: Alphabet, options: BeamSearchOptions): (emissions: Emissions) => TimedHypothesis {
  const decoder = createBeamSearchDecoder(alphabet, options);
  return (emissions) => {
    decoder.begin();
    decoder.step(emissions);
    return decoder.end();
  };
}
