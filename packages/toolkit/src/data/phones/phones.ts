/**
 * English text as phones: CMU's pronouncing dictionary (https://github.com/cmusphinx/cmudict), its first pronunciation of
 * each word, without stress. A possessive that it lacks is spoken as its word with an s; what is still unknown is guessed.
 */
import { guessPhones } from "./letters-to-phones.js";

/** The 39 phones of the dictionary; a phone's id is its place. The blank of CTC comes after them. */
export const PHONES: readonly string[] =
  "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split(" ");

/** The classes of a model that writes phones: all of them, and the blank, which is the last. */
export const NUM_PHONE_CLASSES = PHONES.length + 1;

/** A transcript's phone ids; undefined where a word has letters that are not English ones. */
export type Phonetiser = (text: string) => number[] | undefined;

const ids = new Map(PHONES.map((phone, id) => [phone, id]));

/** Loads the dictionary, which takes some megabytes. */
export async function loadPhonetiser(): Promise<Phonetiser> {
  const { dictionary } = await import("cmu-pronouncing-dictionary");
  const known = new Map<string, readonly number[] | undefined>();
  const phonesOf = (word: string): readonly number[] | undefined => {
    if (!known.has(word)) known.set(word, idsOf(pronounce(word, dictionary)));
    return known.get(word);
  };
  return (text) => {
    const words = text
      .toLowerCase()
      .split(" ")
      .filter((word) => /[^']/.test(word))
      .map(phonesOf);
    return words.length > 0 && words.every((word) => word !== undefined) ? words.flat() : undefined;
  };
}

/** Phones between spaces, with or without stress. */
function pronounce(word: string, dictionary: Readonly<Record<string, string>>): string | undefined {
  // Some entries end in a remark: "AA1 L T OW2 # name, finnish".
  const found = (key: string) => (Object.hasOwn(dictionary, key) ? dictionary[key]!.replace(/ #.*$/, "") : undefined);
  const whole = found(word) ?? found(word.replace(/^'|'$/g, ""));
  if (whole !== undefined) return whole;
  const owner = /^(.+)'s$/.exec(word)?.[1];
  if (owner !== undefined) {
    const phones = found(owner) ?? guessPhones(owner);
    return phones && `${phones} ${possessiveAfter(phones)}`;
  }
  return guessPhones(word);
}

/** cats', dogs', horses' */
function possessiveAfter(phones: string): string {
  const last = phones.split(" ").at(-1)!;
  if (/^(S|Z|SH|ZH|CH|JH)$/.test(last)) return "IH Z";
  return /^(P|T|K|F|TH)$/.test(last) ? "S" : "Z";
}

function idsOf(phones: string | undefined): number[] | undefined {
  return phones?.split(" ").map((phone) => ids.get(phone.replace(/\d$/, ""))!);
}
