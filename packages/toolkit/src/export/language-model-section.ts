/** The language model as a bundle holds it: the binary form, whatever the file was, and how its words are spoken. */
import type { NgramModel, SectionContent } from "@deepspeech-ts/speech";
import { pronounced } from "../language-model/pronounced.js";

export interface LanguageModelOptions {
  /** The model's, for messages. */
  path: string;
  /** Whether words are to be found by their pronunciations. */
  isPronounced: boolean;
}

/** @throws UserError where none of its words has a pronunciation, and they are asked for */
export async function languageModelSections(
  model: NgramModel,
  { path, isPronounced }: LanguageModelOptions,
): Promise<SectionContent> {
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
