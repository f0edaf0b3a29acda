/**
 * English text as phones: CMU's pronouncing dictionary (https://github.com/cmusphinx/cmudict), without stress. A possessive
 * that it lacks is spoken as its word with an s; what is still unknown is guessed.
 */
import { encodeText, guessPhones, phoneAlphabet, symbolsOf } from "@deepspeech-ts/speech";

/** A transcript's ids in `phoneAlphabet`, with spaces; undefined where a word has letters that are not English ones. */
export type Phonetiser = (text: string) => number[] | undefined;

/** All ways in which the dictionary has a word spoken, the usual one first; none for letters that are not English ones. */
export type Pronounce = (word: string) => readonly string[];

/** Loads the dictionary, which takes some megabytes. */
export async function loadPronunciations(): Promise<Pronounce> {
  const { dictionary } = await import("cmu-pronouncing-dictionary");
  const known = new Map<string, readonly string[]>();
  return (word) => {
    let found = known.get(word);
    if (found === undefined) {
      found = pronunciationsOf(word.toLowerCase(), dictionary);
      known.set(word, found);
    }
    return found;
  };
}

/** As `loadPronunciations`, for transcripts: each word as it is usually spoken. */
export async function loadPhonetiser(): Promise<Phonetiser> {
  const pronounce = await loadPronunciations();
  return (text) => {
    const words = text.split(" ").filter((word) => /[^']/.test(word));
    const spoken = words.map((word) => pronounce(word)[0]);
    if (spoken.length === 0 || spoken.includes(undefined)) return undefined;
    return encodeText(spoken.join(" "), phoneAlphabet);
  };
}

function pronunciationsOf(word: string, dictionary: Readonly<Record<string, string>>): readonly string[] {
  const found = entriesOf(word, dictionary);
  if (found.length > 0) return found;
  const bare = entriesOf(word.replace(/^'|'$/g, ""), dictionary);
  if (bare.length > 0) return bare;
  const owner = /^(.+)'s$/.exec(word)?.[1];
  if (owner === undefined) return guessed(word);
  const ofOwner = entriesOf(owner, dictionary);
  return (ofOwner.length > 0 ? ofOwner : guessed(owner)).map((phones) => phones + possessiveAfter(phones));
}

/** The dictionary has a word's other pronunciations as "word(2)" and so on. */
function entriesOf(word: string, dictionary: Readonly<Record<string, string>>): string[] {
  const found: string[] = [];
  for (let n = 1; ; n++) {
    const key = n === 1 ? word : `${word}(${n})`;
    if (!Object.hasOwn(dictionary, key)) return [...new Set(found)];
    // Some entries end in a remark: "AA1 L T OW2 # name, finnish".
    found.push(symbolsOf(dictionary[key]!.replace(/ #.*$/, "")));
  }
}

function guessed(word: string): string[] {
  const phones = guessPhones(word);
  return phones === undefined ? [] : [phones];
}

/** cats', dogs', horses' */
function possessiveAfter(phones: string): string {
  const last = phones.at(-1)!;
  if ("szSZCJ".includes(last)) return "Iz";
  return "ptkfT".includes(last) ? "s" : "z";
}
