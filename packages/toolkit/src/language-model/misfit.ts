/** Whether a language model and a recogniser write the same way: words in capitals would never be found. */
import { type Alphabet, type LanguageModel, quoteValue, SpeechError, unknownCharacters } from "@deepspeech-ts/speech";

/** With a smaller share of its words a model does harm: whatever is said has to be one of them. */
const LEAST_SHARE = 0.1;

/**
 * What part of the model's words the alphabet cannot spell; undefined where it can spell all.
 *
 * @throws SpeechError `invalid-language-model` where it can spell next to none
 */
export function describeMisfit(model: LanguageModel, alphabet: Alphabet): string | undefined {
  let numWords = 0;
  let numMisfits = 0;
  let example = "";
  for (const word of model.words()) {
    numWords += 1;
    if (unknownCharacters(word, alphabet).length === 0) continue;
    numMisfits += 1;
    if (example === "") example = word;
  }
  if (numMisfits === 0) return undefined;
  const share = `${((100 * numMisfits) / numWords).toFixed(numMisfits < numWords / 100 ? 2 : 0)}%`;
  const found = `${share} of its ${numWords} words, such as ${quoteValue(example)}, cannot be spelt in the model's alphabet`;
  if (numWords - numMisfits >= numWords * LEAST_SHARE) return `${found}, and can never be recognised`;
  const remedy = 'so it is of no use; build it with "deepspeech lm build", which brings text to the alphabet';
  throw new SpeechError("invalid-language-model", `${found}, ${remedy}`);
}
