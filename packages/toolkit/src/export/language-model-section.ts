/** The language model as a bundle holds it: the binary form, whatever the file was. */
import type { Alphabet } from "@deepspeech-ts/speech";
import { loadLanguageModel } from "../language-model/load.js";

/**
 * @param alphabet the recogniser's: a model of which it can write next to nothing is refused. Default: that was seen to
 * @throws UserError for a file that is missing, no language model, cut, damaged or of no use
 */
export async function languageModelSection(path: string, alphabet?: Alphabet): Promise<Uint8Array<ArrayBuffer>> {
  const chunks = (await loadLanguageModel(path, { alphabet })).toChunks();
  const section = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    section.set(chunk, offset);
    offset += chunk.length;
  }
  return section;
}
