/** The language model as a bundle holds it: the binary form, whatever the file was, and how its words are spoken. */
import type { Alphabet, SectionContent } from "@deepspeech-ts/speech";
import { loadLanguageModel } from "../language-model/load.js";
import { pronounced } from "../language-model/pronounced.js";

export interface LanguageModelOptions {
  /** The recogniser's: a model of which it can write next to nothing is refused. Default: that was seen to. */
  alphabet?: Alphabet;
  /** Whether words are to be found by their pronunciations. */
  isPronounced: boolean;
}

/** @throws UserError for a file that is missing, no language model, cut, damaged or of no use */
export async function languageModelSections(
  path: string,
  { alphabet, isPronounced }: LanguageModelOptions,
): Promise<SectionContent> {
  const model = await loadLanguageModel(path, { alphabet });
  const chunks = model.toChunks();
  const section = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    section.set(chunk, offset);
    offset += chunk.length;
  }
  if (!isPronounced) return { "language-model.bin": section };
  const { lines } = await pronounced(model, path);
  return { "language-model.bin": section, "pronunciations.txt": new TextEncoder().encode(lines) };
}
