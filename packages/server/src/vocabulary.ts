/** The words that a request favours: phrases that it lists, and those that a prompt brings. */
import { type Alphabet, formatPlural, normaliseToAlphabet, spellOut } from "@deepspeech-ts/speech";
import { badField } from "./api-error.js";

const MOST_PHRASES = 1000;
/** Shorter words are mostly those that every text has: favouring "the" helps nobody. */
const LEAST_PROMPT_LETTERS = 4;
/** Of a longer prompt the last words count, as with Whisper, which reads a prompt's end. */
const MOST_PROMPT_WORDS = 100;

/**
 * Phrases between commas or line breaks, spelt in the model's alphabet.
 *
 * @throws ApiError 400 where one cannot be spelt, or where there are more than a thousand
 */
export function parseHotWords(values: readonly string[], alphabet: Alphabet): string[] {
  const phrases = values.flatMap((value) => value.split(/[,\n]/)).map((phrase) => phrase.trim());
  const given = phrases.filter((phrase) => phrase !== "");
  if (given.length > MOST_PHRASES) {
    throw badField(
      "hot_words",
      `hot_words has ${formatPlural(given.length, "phrase")}; at most ${MOST_PHRASES} are allowed.`,
    );
  }
  return [...new Set(given.map((phrase) => spelt(phrase, alphabet)))];
}

/** The words of a prompt that may tell something: those of four letters and more, each once. */
export function promptWords(prompt: string, alphabet: Alphabet): string[] {
  const { text } = normaliseToAlphabet(prompt, alphabet);
  const words = text.split(" ").filter((word) => word.replaceAll("'", "").length >= LEAST_PROMPT_LETTERS);
  return [...new Set(words)].slice(-MOST_PROMPT_WORDS);
}

function spelt(phrase: string, alphabet: Alphabet): string {
  const spelling = spellOut(phrase, alphabet);
  if ("spelt" in spelling) return spelling.spelt;
  throw badField("hot_words", `hot_words: "${phrase}" ${spelling.reason}.`);
}
