/**
 * A guess at how an English word is spoken, for words that no dictionary holds: names, mostly. The longest group of letters
 * that the table knows goes first, from left to right. It is right about most consonants and many vowels, which is enough
 * for a lesson that such words are a small part of.
 */
import { symbolsOf } from "./phones.js";

/** Phones of CMU's dictionary, without stress, for groups of letters. */
const GROUPS: Record<string, string> = {
  ...{ a: "AE", b: "B", c: "K", d: "D", e: "EH", f: "F", g: "G", h: "HH", i: "IH", j: "JH", k: "K", l: "L", m: "M" },
  ...{ n: "N", o: "AA", p: "P", q: "K", r: "R", s: "S", t: "T", u: "AH", v: "V", w: "W", x: "K S", y: "IY", z: "Z" },
  ...{ ch: "CH", tch: "CH", sh: "SH", th: "TH", ph: "F", wh: "W", ck: "K", ng: "NG", qu: "K W", dge: "JH", gh: "G" },
  ...{ ce: "S EH", ci: "S IH", cy: "S IY", ge: "JH EH", gi: "JH IH", gy: "JH IY", sch: "SH", kn: "N", wr: "R" },
  ...{ ee: "IY", ea: "IY", ie: "IY", ei: "EY", ai: "EY", ay: "EY", ey: "IY", oa: "OW", oo: "UW", ou: "AW", ow: "OW" },
  ...{
    oy: "OY",
    oi: "OY",
    au: "AO",
    aw: "AO",
    ew: "UW",
    ue: "UW",
    igh: "AY",
    eigh: "EY",
    tion: "SH AH N",
    sion: "ZH AH N",
  },
  ...{ ar: "AA R", er: "ER", ir: "ER", or: "AO R", ur: "ER", ous: "AH S", all: "AO L", ture: "CH ER" },
};

/** Groups that sound otherwise at a word's end. */
const ENDINGS: Record<string, string> = {
  ...{
    e: "",
    es: "Z",
    le: "AH L",
    ed: "D",
    ce: "S",
    ge: "JH",
    o: "OW",
    a: "AH",
    ine: "AY N",
    ate: "EY T",
    ize: "AY Z",
  },
};

const LONGEST = 4;

/** @returns phones as `phoneAlphabet` has them; undefined for a word with letters that are not English ones */
export function guessPhones(word: string): string | undefined {
  const phones: string[] = [];
  const letters = word.toLowerCase().replaceAll("'", "");
  for (let at = 0; at < letters.length; ) {
    const [length, sound] = groupAt(letters, at) ?? [];
    if (length === undefined) return undefined;
    if (sound) phones.push(sound);
    at += length;
  }
  return phones.length > 0 ? symbolsOf(phones.join(" ")) : undefined;
}

/** As `guessPhones`, of a word whose accents are left aside. */
export function soundOf(word: string): string | undefined {
  return guessPhones(word.normalize("NFD").replace(/\p{M}/gu, ""));
}

/** The letters that sound together from here on, how many and how; a doubled consonant sounds once. */
function groupAt(letters: string, at: number): [length: number, sound: string] | undefined {
  const rest = letters.length - at;
  for (let length = Math.min(LONGEST, rest); length > 0; length--) {
    const group = letters.slice(at, at + length);
    const sound = length === rest && at > 0 ? (ENDINGS[group] ?? GROUPS[group]) : GROUPS[group];
    if (sound === undefined) continue;
    const isDoubled = length === 1 && letters[at + 1] === group && !"aeiou".includes(group);
    return [isDoubled ? 2 : length, sound];
  }
  return undefined;
}
