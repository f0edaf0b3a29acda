/** A language model whose words are found by how they are spoken. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type LanguageModel, PronouncedModel, pronunciationLines, SpeechError } from "@deepspeech-ts/speech";
import { loadPronunciations } from "../data/phones/phones.js";

/**
 * What is said lies outside of smaller vocabularies too often to write nothing else: of the sample corpus, with 2,400 words,
 * 22% of the words were wrong by pronunciations and 16% by letters.
 */
const LEAST_VOCABULARY = 20_000;

/** Whether the model's words are so many that they may be the only ones, where nobody says. */
export function hasManyWords(model: LanguageModel): boolean {
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
