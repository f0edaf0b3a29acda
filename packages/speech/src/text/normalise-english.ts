/**
 * Brings English transcripts to the letters a to z, the apostrophe and single spaces, spelling out what is spoken
 * ("$5.20", "1984", "&") and dropping what is not (punctuation). It keeps an account of what it did: a normaliser
 * that silently guesses puts words into the training text that nobody said.
 *
 * The text is read once from left to right; at each position the first rule that matches takes its stretch. What no
 * rule knows carries a sound we cannot spell, and is refused: left out of the text, and listed for the caller, who
 * should leave out the utterance. Refused are other scripts, emoji, superscripts, the signs ‰ ′ ″ < > ~ and their like,
 * and what is written alike and said in several ways: "1/2" (a half, a date), "3-1", "10k", "911", "VIII", "file.txt",
 * "6' tall", "1,5", "25.12.2020", "5/day", "Monday–Friday".
 *
 * A text that came out whole normalises to itself, except where folding an accent makes a title of a word ("dŕ").
 *
 * Left alone because the writing does not tell the reading: words in capitals stay words, "fbi" as "nasa".
 */

import type { LocatedCharacter } from "./alphabet.js";
import { APOSTROPHES, quotationMarks } from "./apostrophes.js";
import { abbreviationRules, MAY_BE_SHORT } from "./english-abbreviations.js";
import { addressRules } from "./english-addresses.js";
import { amountRules } from "./english-amounts.js";
import type { ChangeKind, Rule } from "./normalise-rule.js";
import { type TagTreatment, tagRule } from "./transcript-tags.js";

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

/**
 * What carries a sound we cannot spell, and its place in the original text: a character, or where characters that could
 * be spelt are said in a way that we cannot tell, the stretch of them.
 */
export type RefusedCharacter = LocatedCharacter;

/** How `normaliseEnglish` writes what is no plain word. */
export interface NormaliseOptions {
  /** What becomes of "[laughter]" and other tags for sounds. Default "drop": they are left out, and counted as changes. */
  tags?: TagTreatment | undefined;
}

/** A text as it is spoken, and what was changed for it. */
export interface NormalisedText {
  /** Only a to z, apostrophes and single spaces between words. */
  text: string;
  changes: TextChange[];
  /** When this is not empty, `text` leaves something out that was probably spoken. */
  refused: RefusedCharacter[];
}

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

/** Rules for words in a text that has digits or signs. */
const wordRules = {
  drop: [tagRule("drop"), ...addressRules, ...abbreviationRules],
  refuse: [tagRule("refuse"), ...addressRules, ...abbreviationRules],
};
const LETTERS = /^[A-Za-z'\s]*$/;
/** Words as transcripts have them, with single spaces between them: most of a large text, in which no rule finds more. */
const PLAIN = /^'?[a-z]+(?:'[a-z]+)*'?(?: '?[a-z]+(?:'[a-z]+)*'?)*$/;

const STRAIGHT_MARKS = /"/g;
const CURLY_MARKS = /[“”„]/g;

/** Rules that, as those for amounts, are set apart by spaces; in the order they are to be tried. */
const symbolRules: readonly Rule[] = [
  { kind: "dash", pattern: /[\p{Pd}−]/uy, write: () => "" },
  { kind: "symbol", pattern: /[&%@+=]/y, write: ([symbol]) => SPOKEN_SYMBOLS.get(symbol) },
  // Inches, unless it ends a quotation.
  {
    kind: "symbol",
    pattern: /(?<=\d)"/y,
    write: ({ input, index }) => (countMarks(input, index, STRAIGHT_MARKS) % 2 === 0 ? null : ""),
  },
  {
    kind: "symbol",
    pattern: /(?<=\d)(?<!(?<!\d)(?:1\d|20)\d\d)”/y,
    write: ({ input, index }) => (countMarks(input, index, CURLY_MARKS) % 2 === 0 ? null : ""),
  },
  { kind: "symbol", pattern: /[©®™]/y, write: () => "" },
  {
    kind: "punctuation",
    pattern: new RegExp(String.raw`(?!(?<=\d)/\d|[#§‰‱′″‴])[\p{P}${APOSTROPHES}]`, "uy"),
    write: () => "",
  },
];

/** Rules whose replacement is part of a word. */
const letterRules: readonly Rule[] = [
  // UTF-8 that was read as Windows-1252, and saved so: "cafÃ©", "donâ€™t".
  { kind: "accent", pattern: /[ÃÂ][\u0080-\u00bf]|â€[\u0080-\u2122]/uy, write: () => null },
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

/** One stretch of the original and what becomes of it: written one behind another, they are the text but for spaces. */
export interface Piece {
  kind: ChangeKind | "plain" | "refused";
  from: string;
  to: string;
}

/** Normalises one transcript. It never throws; see `NormalisedText.refused`. */
export function normaliseEnglish(text: string, options: NormaliseOptions = {}): NormalisedText {
  if (PLAIN.test(text) && !MAY_BE_SHORT.test(text)) return { text, changes: [], refused: [] };
  const changes: TextChange[] = [];
  const refused: RefusedCharacter[] = [];
  let written = "";
  let position = 0;
  for (const { kind, from, to } of englishPieces(text, options)) {
    written += to;
    if (kind === "refused") refused.push({ character: from, position });
    else if (kind !== "plain" && from !== to) changes.push({ kind, from, to: to.trim(), position });
    position += from.length;
  }
  return { text: withoutLooseApostrophes(written).replace(/ +/g, " ").trim(), changes, refused };
}

/** The text piece by piece, from left to right, without a gap. */
export function englishPieces(text: string, { tags = "drop" }: NormaliseOptions = {}): Piece[] {
  const rules = rulesFor(text, tags);
  const quotes = quotationMarks(text);
  const pieces: Piece[] = [];
  for (let position = 0; position < text.length; ) {
    const piece: Piece = quotes.has(position)
      ? { kind: "punctuation", from: text.charAt(position), to: " " }
      : readPiece(text, position, rules);
    pieces.push(piece);
    position += piece.from.length;
  }
  return pieces;
}

/** A rule may have set apart the letter that an apostrophe stood by; a space takes its place. */
export function withoutLooseApostrophes(written: string): string {
  return written.replace(/(?<![a-z])'(?![a-z])/g, " ");
}

/** The rules to try where a word may begin: of letters alone, most texts need none. */
function rulesFor(text: string, tags: TagTreatment): readonly Rule[] {
  if (!LETTERS.test(text)) return wordRules[tags];
  return MAY_BE_SHORT.test(text) ? abbreviationRules : [];
}

function readPiece(text: string, position: number, rules: readonly Rule[]): Piece {
  return (
    setApart(applyRules(rules, text, position), text, position) ??
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

/** Puts spaces around spelled-out words, but none before the apostrophe of a possessive: "the 1990s' best", "1,500's". */
function setApart(piece: Piece | undefined, text: string, position: number): Piece | undefined {
  if (piece === undefined) return undefined;
  const end = position + piece.from.length;
  const isPossessive =
    APOSTROPHES.includes(text.charAt(end) || " ") &&
    (/[a-z]$/i.test(piece.from) || /^s(?!\p{L})/iu.test(text.slice(end + 1, end + 4)));
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
    if (match === null || words === undefined) continue;
    return words === null ? { kind: "refused", from: match[0], to: " " } : { kind, from: match[0], to: words };
  }
  return undefined;
}

/** Where the last text was counted: a text is read from left to right, and each of its marks is met once. */
const counted = new Map<RegExp, { text: string; end: number; count: number }>();

/** How many quotation marks stand before a place. */
function countMarks(text: string, end: number, marks: RegExp): number {
  let place = counted.get(marks);
  if (place === undefined || place.text !== text || place.end > end) place = { text, end: 0, count: 0 };
  const count = place.count + (text.slice(place.end, end).match(marks)?.length ?? 0);
  counted.set(marks, { text, end, count });
  return count;
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
