/**
 * Brings English transcripts to the letters a to z, the apostrophe and single spaces, spelling out what is spoken
 * ("$5.20", "1984", "&") and dropping what is not (punctuation). It keeps an account of what it did: a normaliser
 * that silently guesses puts words into the training text that nobody said.
 *
 * The text is read once from left to right; at each position the first rule that matches takes its stretch. What no
 * rule knows carries a sound we cannot spell, and is refused: left out of the text, and listed for the caller, who
 * should leave out the utterance. Refused are other scripts, emoji, fractions, superscripts, a slash between
 * digits ("1/2" may be a half, a date or a ratio), and the signs # § ‰ ′ ″ < > ~ and their like.
 *
 * A text that came out whole normalises to itself, except where folding an accent makes a title of a word ("dŕ").
 *
 * Left alone because the writing does not tell the reading: "st." (saint, street) becomes "st", and units ("5 km"),
 * Roman numerals and words in capitals stay letters.
 */

import type { LocatedCharacter } from "./alphabet.js";
import { APOSTROPHES, quotationMarks } from "./apostrophes.js";
import { amountRules } from "./english-amounts.js";
import type { ChangeKind, Rule } from "./normalise-rule.js";

export type { ChangeKind } from "./normalise-rule.js";

/** One stretch that was rewritten. */
export interface TextChange {
  kind: ChangeKind;
  /** As it stood in the original. */
  from: string;
  /** What took its place; empty where it was dropped. */
  to: string;
  /** Offset from 0 into the original text, as `String.prototype.slice` counts. */
  position: number;
}

/** A character that carries a sound we cannot spell, and its place in the original text. */
export type RefusedCharacter = LocatedCharacter;

export interface NormalisedText {
  /** Only a to z, apostrophes and single spaces between words. */
  text: string;
  changes: TextChange[];
  /** When this is not empty, `text` leaves something out that was probably spoken. */
  refused: RefusedCharacter[];
}

const ABBREVIATIONS = new Map([
  ["capt", "captain"],
  ["col", "colonel"],
  ["dr", "doctor"],
  ["etc", "et cetera"],
  ["gen", "general"],
  ["gov", "governor"],
  ["jr", "junior"],
  ["lt", "lieutenant"],
  ["mr", "mister"],
  ["mrs", "missus"],
  ["prof", "professor"],
  ["rev", "reverend"],
  ["sgt", "sergeant"],
  ["sr", "senior"],
  ["vs", "versus"],
]);

const SPOKEN_SYMBOLS = new Map([
  ["&", "and"],
  ["%", "percent"],
  ["@", "at"],
  ["+", "plus"],
  ["=", "equals"],
]);

/** Letters that Unicode does not decompose, and the spelling English gives them. */
const FOLDED_LETTERS = new Map([
  ["ß", "ss"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["ø", "o"],
  ["ł", "l"],
  ["đ", "d"],
  ["ð", "th"],
  ["þ", "th"],
  ["ı", "i"],
]);

/** Rules that, as those for amounts, are set apart by spaces; in the order they are to be tried. */
const symbolRules: readonly Rule[] = [
  { kind: "dash", pattern: /[\p{Pd}−]/uy, write: () => "" },
  { kind: "symbol", pattern: /[&%@+=]/y, write: ([symbol]) => SPOKEN_SYMBOLS.get(symbol) },
  { kind: "symbol", pattern: /[©®™]/y, write: () => "" },
  {
    kind: "punctuation",
    pattern: new RegExp(String.raw`(?!(?<=\d)/\d|[#§‰‱′″‴])[\p{P}${APOSTROPHES}]`, "uy"),
    write: () => "",
  },
];

const abbreviationRule: Rule = {
  kind: "abbreviation",
  // Mr, Mrs, Dr and vs are no words, so they need no full stop; "gen" and "col" do.
  pattern: new RegExp(
    String.raw`(?<!\p{L}\p{M}*)(?:(mr|mrs|dr|vs)(?![\p{L}\p{M}])\.?|(${[...ABBREVIATIONS.keys()].join("|")})\.)`,
    "iuy",
  ),
  write: ([written, bare, dotted]) => {
    const word = ABBREVIATIONS.get((bare ?? (dotted as string)).toLowerCase()) as string;
    return written.endsWith(".") ? `${word} ` : word;
  },
};

/** Rules whose replacement is part of a word. */
const letterRules: readonly Rule[] = [
  {
    kind: "apostrophe",
    pattern: new RegExp(
      String.raw`(?<=\p{Script=Latin}\p{M}*)[${APOSTROPHES}]|[${APOSTROPHES}](?=\p{Script=Latin})`,
      "uy",
    ),
    write: () => "'",
  },
  { kind: "accent", pattern: /[\p{Lu}\p{Ll}\p{Lt}]/uy, write: ([letter]) => foldLetter(letter) },
  { kind: "accent", pattern: /\p{M}+/uy, write: () => "" },
  { kind: "invisible", pattern: /\p{Cf}+/uy, write: () => "" },
];

/** One stretch of the original and what becomes of it. */
interface Piece {
  kind: ChangeKind | "plain" | "refused";
  from: string;
  to: string;
}

/** Normalises one transcript. It never throws; see `NormalisedText.refused`. */
export function normaliseEnglish(text: string): NormalisedText {
  const quotes = quotationMarks(text);
  const changes: TextChange[] = [];
  const refused: RefusedCharacter[] = [];
  let written = "";
  for (let position = 0; position < text.length; ) {
    const { kind, from, to }: Piece = quotes.has(position)
      ? { kind: "punctuation", from: text.charAt(position), to: " " }
      : readPiece(text, position);
    written += to;
    if (kind === "refused") refused.push({ character: from, position });
    else if (kind !== "plain" && from !== to) changes.push({ kind, from, to: to.trim(), position });
    position += from.length;
  }
  // A rule may have set apart the letter that an apostrophe stood by.
  const tidied = written.replace(/(?<![a-z])'(?![a-z])/g, " ").replace(/ +/g, " ");
  return { text: tidied.trim(), changes, refused };
}

function readPiece(text: string, position: number): Piece {
  return (
    applyRules([abbreviationRule], text, position) ??
    plainPiece(text, position) ??
    setApart(applyRules(amountRules, text, position), text, position) ??
    applyRules(letterRules, text, position) ??
    setApart(applyRules(symbolRules, text, position), text, position) ?? {
      kind: "refused",
      from: String.fromCodePoint(text.codePointAt(position) as number),
      to: " ",
    }
  );
}

/** Puts spaces around spelled-out words, but none before the apostrophe of a possessive: "the 1990s' best". */
function setApart(piece: Piece | undefined, text: string, position: number): Piece | undefined {
  if (piece === undefined) return undefined;
  const isPossessive = /[a-z]$/i.test(piece.from) && APOSTROPHES.includes(text.charAt(position + piece.from.length));
  return { ...piece, to: ` ${piece.to}${isPossessive ? "" : " "}` };
}

/** Letters and whitespace that need no rule: most of most texts. */
function plainPiece(text: string, position: number): Piece | undefined {
  const from = matchAt(/[A-Za-z]+|\s+/y, text, position)?.[0];
  if (from === undefined) return undefined;
  return { kind: "plain", from, to: from.trim() === "" ? " " : from.toLowerCase() };
}

/** What the first rule that matches makes of the text at `position`. */
function applyRules(rules: readonly Rule[], text: string, position: number): Piece | undefined {
  for (const { kind, pattern, write } of rules) {
    const match = matchAt(pattern, text, position);
    const words = match === null ? undefined : write(match);
    if (match !== null && words !== undefined) return { kind, from: match[0], to: words };
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

function foldLetter(letter: string): string | undefined {
  const base = letter.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "");
  const folded = FOLDED_LETTERS.get(base) ?? base;
  return /^[a-z]+$/.test(folded) ? folded : undefined;
}
