/**
 * The phones of English as CMU's pronouncing dictionary has them, without stress (https://github.com/cmusphinx/cmudict). In
 * here each is written with one character, ARPAbet's own (J. E. Shoup, "Phonological aspects of speech recognition", 1980), so
 * that a pronunciation is a text like any other: "HH AH L OW" is "hAlo".
 */
import { quote, SpeechError } from "../errors.js";
import type { Alphabet } from "../text/alphabet.js";

const SYMBOLS: Readonly<Record<string, string>> = {
  ...{
    AA: "a",
    AE: "@",
    AH: "A",
    AO: "c",
    AW: "W",
    AY: "Y",
    B: "b",
    CH: "C",
    D: "d",
    DH: "D",
    EH: "E",
    ER: "R",
    EY: "e",
  },
  ...{ F: "f", G: "g", HH: "h", IH: "I", IY: "i", JH: "J", K: "k", L: "l", M: "m", N: "n", NG: "G", OW: "o", OY: "O" },
  ...{ P: "p", R: "r", S: "s", SH: "S", T: "t", TH: "T", UH: "U", UW: "u", V: "v", W: "w", Y: "y", Z: "z", ZH: "Z" },
};

/** What a model writes that writes phones: the 39 of them, the space between words, and CTC's blank. */
export const phoneAlphabet: Alphabet = Object.freeze({
  tokens: Object.freeze([...Object.values(SYMBOLS), " ", "<blank>"]),
  blankId: Object.keys(SYMBOLS).length + 1,
});

/**
 * Phones by their names, between spaces, with or without stress: "HH AH0 L OW1" to "hAlo".
 *
 * @throws SpeechError `invalid-lexicon`
 */
export function symbolsOf(names: string): string {
  return names
    .split(" ")
    .map((name) => {
      const symbol = SYMBOLS[name.replace(/\d$/, "")];
      if (symbol === undefined) throw new SpeechError("invalid-lexicon", `${quote(name)} is no phone of ARPAbet's`);
      return symbol;
    })
    .join("");
}
