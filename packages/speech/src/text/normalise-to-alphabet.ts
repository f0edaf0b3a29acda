/**
 * Brings transcripts to the characters of a model's alphabet. The English letters have a normaliser of their own, which
 * spells numbers and signs out, whichever case the alphabet has, and with its apostrophe or without ("dont"); for others,
 * whose readings we do not know, only what is safe is done: letters take the case that the alphabet has, as Unicode
 * pairs them ("ß" is "SS" in capitals, the Greek "Σ" is "ς" where a word ends) and Turkish does, punctuation and invisible
 * characters go, and everything else that cannot be written is refused, so that the caller can leave the utterance out.
 */
import { type Alphabet, englishAlphabet } from "./alphabet.js";
import { APOSTROPHES, quotationMarks } from "./apostrophes.js";
import {
  englishPieces,
  type NormalisedText,
  type NormaliseOptions,
  normaliseEnglish,
  type Piece,
  withoutLooseApostrophes,
} from "./normalise-english.js";
import { tagRule } from "./transcript-tags.js";

/** What an alphabet can write. */
interface Writing {
  characters: ReadonlySet<string>;
  /** The English letters, of one case, with the apostrophe or without. */
  isEnglish: boolean;
  hasApostrophe: boolean;
  /** It has letters, and no small ones. */
  isCapitals: boolean;
  /** Whose capitals and small letters are partners: those of Turkish differ. */
  locale: "tr" | "und";
}

/** Normalises one transcript. It never throws; see `NormalisedText.refused`. */
export function normaliseToAlphabet(text: string, alphabet: Alphabet, options: NormaliseOptions = {}): NormalisedText {
  const writing = writingOf(alphabet);
  if (!writing.isEnglish) return keepCharacters(text, writing, options);
  const normalised = normaliseEnglish(text, options);
  const spelt = writing.hasApostrophe
    ? normalised.text
    : normalised.text.replaceAll("'", "").replace(/ +/g, " ").trim();
  return { ...normalised, text: writing.isCapitals ? spelt.toUpperCase() : spelt };
}

/**
 * The same piece by piece, for those who must know what came of what: what the pieces give, written one behind another,
 * is the text of `normaliseToAlphabet` but for spaces. Their sources are `text` in Unicode's form NFC.
 */
export function piecesInAlphabet(text: string, alphabet: Alphabet): Piece[] {
  const writing = writingOf(alphabet);
  const source = text.normalize("NFC");
  if (!writing.isEnglish) return characterPieces(source, writing, {});
  const pieces = englishPieces(source);
  const tidied = withoutLooseApostrophes(pieces.map(({ to }) => to).join(""));
  let end = 0;
  return pieces.map(({ kind, from, to }) => {
    end += to.length;
    const own = tidied.slice(end - to.length, end);
    const spelt = writing.hasApostrophe ? own : own.replaceAll("'", "");
    return { kind, from, to: writing.isCapitals ? spelt.toUpperCase() : spelt };
  });
}

const ENGLISH_LETTERS = englishAlphabet.tokens.filter((token) => /^[a-z]$/.test(token)).join("");
const TAG_RULES = { drop: tagRule("drop"), refuse: tagRule("refuse") };

// Millions of sentences are brought to one alphabet.
const writings = new WeakMap<Alphabet, Writing>();

function writingOf(alphabet: Alphabet): Writing {
  const known = writings.get(alphabet);
  if (known !== undefined) return known;
  const characters = new Set(alphabet.tokens.filter((_, id) => id !== alphabet.blankId));
  const has = (...letters: string[]) => letters.every((letter) => characters.has(letter));
  const letters = [...characters]
    .filter((character) => character !== " " && character !== "'")
    .sort()
    .join("");
  const writing: Writing = {
    characters,
    isEnglish: has(" ") && (letters === ENGLISH_LETTERS || letters === ENGLISH_LETTERS.toUpperCase()),
    hasApostrophe: has("'"),
    isCapitals: letters === letters.toUpperCase(),
    locale: has("ı", "i") || has("I", "İ") ? "tr" : "und",
  };
  writings.set(alphabet, writing);
  return writing;
}

function keepCharacters(text: string, writing: Writing, options: NormaliseOptions): NormalisedText {
  const result: NormalisedText = { text: "", changes: [], refused: [] };
  let position = 0;
  for (const { kind, from, to } of characterPieces(text.normalize("NFC"), writing, options)) {
    result.text += to;
    if (kind === "refused") result.refused.push({ character: from, position });
    else if (kind !== "plain") result.changes.push({ kind, from, to: to.trim(), position });
    position += from.length;
  }
  return { ...result, text: result.text.replace(/ +/g, " ").trim() };
}

function characterPieces(text: string, writing: Writing, { tags = "drop" }: NormaliseOptions): Piece[] {
  const quotes = writing.hasApostrophe ? new Set<number>() : quotationMarks(text);
  const pieces: Piece[] = [];
  for (let position = 0; position < text.length; ) {
    const piece =
      plainWord(text, position, writing) ??
      readTag(text, position, tags) ??
      rewrite(text, position, writing, quotes.has(position));
    pieces.push(piece);
    position += piece.from.length;
  }
  return pieces;
}

/** A word that is written already: most of most texts. */
function plainWord(text: string, position: number, { characters }: Writing): Piece | undefined {
  WORD.lastIndex = position;
  const word = WORD.exec(text)?.[0];
  if (word === undefined) return undefined;
  for (const letter of word) if (!characters.has(letter)) return undefined;
  return { kind: "plain", from: word, to: word };
}

const WORD = /\p{L}+/uy;

function readTag(text: string, position: number, tags: "drop" | "refuse"): Piece | undefined {
  const { pattern, write } = TAG_RULES[tags];
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  const words = match && write(match);
  if (!match || words === undefined) return undefined;
  return { kind: words === null ? "refused" : "tag", from: match[0], to: " " };
}

/** One character in the alphabet's. */
function rewrite(text: string, position: number, writing: Writing, isQuote: boolean): Piece {
  const from = String.fromCodePoint(text.codePointAt(position) as number);
  const { characters, hasApostrophe } = writing;
  if (/\s/u.test(from)) return { kind: "plain", from, to: " " };
  const follows = /[\p{L}\p{M}]$/u.test(text.slice(Math.max(0, position - 2), position));
  const precedes = /^\p{L}/u.test(text.slice(position + from.length, position + from.length + 2));
  const form = formsOf(from, follows && !precedes, writing).find((form) => [...form].every((c) => characters.has(c)));
  if (form !== undefined) return { kind: "plain", from, to: form };
  if (APOSTROPHES.includes(from)) {
    if (hasApostrophe) return { kind: "apostrophe", from, to: "'" };
    // "l'homme" is two words and "geht's" is one: without its apostrophe the writing does not tell.
    const isPunctuation = isQuote || !follows || !precedes;
    return { kind: isPunctuation ? "punctuation" : "refused", from, to: " " };
  }
  if (/\p{P}/u.test(from)) return { kind: "punctuation", from, to: " " };
  if (/\p{Cf}/u.test(from)) return { kind: "invisible", from, to: "" };
  return { kind: "refused", from, to: " " };
}

/**
 * How a character may be written, in the order of preference: as it is, small, or as a capital, which of "ß" is "SS", and
 * small "ss". The Greek "Σ" has two small letters: one ends words.
 */
function formsOf(character: string, endsWord: boolean, { locale }: Writing): string[] {
  const capital = character.toLocaleUpperCase(locale);
  if (capital === "Σ") return [character, endsWord ? "ς" : "σ", "σ", "Σ"];
  const small = capital.length > character.length ? capital.toLocaleLowerCase(locale) : "";
  return [character, character.toLocaleLowerCase(locale), small, capital].filter((form) => form !== "");
}
