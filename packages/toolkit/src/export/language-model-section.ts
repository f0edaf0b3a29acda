/** The language model as a bundle holds it: the binary form, whatever the file was. */
import { loadLanguageModel } from "../language-model/load.js";

/** @throws UserError for a file that is missing, no language model, cut or damaged */
export async function languageModelSection(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks = (await loadLanguageModel(path)).toChunks();
  const section = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    section.set(chunk, offset);
    offset += chunk.length;
  }
  return section;
}
