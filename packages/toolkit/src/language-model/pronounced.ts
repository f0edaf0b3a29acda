/** A language model whose words are found by how they are spoken. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type LanguageModel, PronouncedModel, pronunciationLines, SpeechError } from "@deepspeech-ts/speech";
import { loadPronunciations } from "../data/phones/phones.js";

/**
 * What is said lies outside of smaller vocabularies too often to write nothing else: of the sample corpus, with 2,400 words,
 * 22% of the words were wrong by pronunciations and 16% by letters.
 */
const LEAST_VOCABULARY = 20_000;

export interface AskedPronunciations {
  /** Whether words are to be found by their pronunciations. Default: if they can be, and may be the only ones. */
  pronunciations: boolean | undefined;
  /** Whether the acoustic model does. */
  writesPhones: boolean;
}

/** Whether a search with this language model finds words by their pronunciations. */
export function isPronounced(model: LanguageModel, { pronunciations, writesPhones }: AskedPronunciations): boolean {
  return pronunciations ?? (writesPhones && hasManyWords(model));
}

/** Why to ask for pronunciations, or for none, would change nothing; undefined where nobody asks, and where it would. */
export function idlePronunciations(
  { pronunciations, writesPhones }: AskedPronunciations,
  hasLanguageModel: boolean,
): string | undefined {
  if (pronunciations === undefined) return undefined;
  if (!hasLanguageModel) return "pronunciations has no effect without a language model; give lm";
  return writesPhones ? undefined : "pronunciations has no effect as the model writes no phones; leave it out";
}

/** Whether the model's words are so many that they may be the only ones. */
function hasManyWords(model: LanguageModel): boolean {
  let count = 0;
  for (const _ of model.words()) if (++count >= LEAST_VOCABULARY) return true;
  return false;
}

/**
 * @param path of the model, for the message
 * @returns the model, and its words' pronunciations as a bundle holds them
 * @throws UserError where none of its words has one
 */
export async function pronounced(
  model: LanguageModel,
  path: string,
): Promise<{ languageModel: PronouncedModel; lines: string }> {
  const lines = pronunciationLines(model, await loadPronunciations());
  try {
    return { languageModel: new PronouncedModel(model, lines), lines };
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    throw new UserError(`${path}: ${error.message}; else decode without pronunciations (--no-pronunciations).`, {
      code: "bad-language-model",
    });
  }
}
