/** A language model whose words are found by how they are spoken. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type LanguageModel, PronouncedModel, pronunciationLines, SpeechError } from "@deepspeech-ts/speech";
import { loadPronunciations } from "../data/phones/phones.js";

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
