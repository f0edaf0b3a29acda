/**
 * Brings transcripts to the characters of a model's alphabet. The English letters have a normaliser of their own, which
 * spells numbers and signs out, whichever case the alphabet has, and with its apostrophe or without ("dont"); for others, whose readings we do not know, only what is safe is done: letters
 * take the case that the alphabet has, punctuation and invisible characters go, and everything else that cannot be
 * written is refused, so that the caller can leave the utterance out.
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
import type { ChangeKind } from "./normalise-rule.js";
import { tagRule } from "./transcript-tags.js";

/** Normalises one transcript. It never throws; see `NormalisedText.refused`. */
export function normaliseToAlphabet(text: string, alphabet: Alphabet, options: NormaliseOptions = {}): NormalisedText {
  const written = charactersOf(alphabet);
  if (!isEnglish(written)) return keepCharacters(text, new Set(written), options);
  const normalised = normaliseEnglish(text, options);
  const spelt = written.includes("'")
    ? normalised.text
    : normalised.text.replaceAll("'", "").replace(/ +/g, " ").trim();
  return { ...normalised, text: written === written.toLowerCase() ? spelt : spelt.toUpperCase() };
}

/**
 * The same piece by piece, for those who must know what came of what: what the pieces give, written one behind another,
 * is the text of `normaliseToAlphabet` but for spaces. Their sources are `text` in Unicode's form NFC.
 */
export function piecesInAlphabet(text: string, alphabet: Alphabet): Piece[] {
  const written = charactersOf(alphabet);
  const source = text.normalize("NFC");
  if (!isEnglish(written)) return characterPieces(source, new Set(written), {});
  const pieces = englishPieces(source);
  const tidied = withoutLooseApostrophes(pieces.map(({ to }) => to).join(""));
  let end = 0;
  return pieces.map(({ kind, from, to }) => {
    end += to.length;
    const own = tidied.slice(end - to.length, end);
    const spelt = written.includes("'") ? own : own.replaceAll("'", "");
    return { kind, from, to: written === written.toLowerCase() ? spelt : spelt.toUpperCase() };
  });
}

/** Whether the characters are the English letters, of one case, with the apostrophe or without. */
function isEnglish(written: string): boolean {
  const isOneCase = written === written.toLowerCase() || written === written.toUpperCase();
  return isOneCase && written.replace("'", "").toLowerCase() === ENGLISH_LETTERS;
}

/** All that the alphabet can write, sorted. */
function charactersOf({ tokens, blankId }: Alphabet): string {
  return tokens
    .filter((_, id) => id !== blankId)
    .sort()
    .join("");
}

const ENGLISH_LETTERS = charactersOf(englishAlphabet).replace("'", "");
const TAG_RULES = { drop: tagRule("drop"), refuse: tagRule("refuse") };

function keepCharacters(text: string, alphabet: ReadonlySet<string>, options: NormaliseOptions): NormalisedText {
  const result: NormalisedText = { text: "", changes: [], refused: [] };
  let position = 0;
  for (const { kind, from, to } of characterPieces(text.normalize("NFC"), alphabet, options)) {
    result.text += to;
    if (kind === "refused") result.refused.push({ character: from, position });
    else if (kind !== "plain") result.changes.push({ kind, from, to: to.trim(), position });
    position += from.length;
  }
  return { ...result, text: result.text.replace(/ +/g, " ").trim() };
}

function characterPieces(text: string, alphabet: ReadonlySet<string>, { tags = "drop" }: NormaliseOptions): Piece[] {
  const quotes = alphabet.has("'") ? new Set<number>() : quotationMarks(text);
  const pieces: Piece[] = [];
  for (let position = 0; position < text.length; ) {
    const tag = readTag(text, position, tags);
    const from = tag?.from ?? String.fromCodePoint(text.codePointAt(position) as number);
    const isQuote = quotes.has(position) || !standsInWord(text, position);
    const { kind = "plain", to } = tag ?? rewrite(from, alphabet, isQuote);
    pieces.push({ kind, from, to });
    position += from.length;
  }
  return pieces;
}

interface Rewritten {
  readonly kind?: ChangeKind | "refused";
  readonly to: string;
}

function readTag(text: string, position: number, tags: "drop" | "refuse"): (Rewritten & { from: string }) | undefined {
  const { pattern, write } = TAG_RULES[tags];
  pattern.lastIndex = position;
  const match = pattern.exec(text);
  const words = match && write(match);
  if (!match || words === undefined) return undefined;
  return { kind: words === null ? "refused" : "tag", from: match[0], to: " " };
}

/** Whether letters are on both sides: what stands so is spelling, not punctuation. */
function standsInWord(text: string, position: number): boolean {
  return (
    /[\p{L}\p{M}]$/u.test(text.slice(Math.max(0, position - 2), position)) && /^\p{L}/u.test(text.slice(position + 1))
  );
}

function rewrite(character: string, alphabet: ReadonlySet<string>, isQuote: boolean): Rewritten {
  if (/\s/u.test(character)) return { to: " " };
  const inItsCase = [character, character.toLowerCase(), character.toUpperCase()].find((form) => alphabet.has(form));
  if (inItsCase !== undefined) return { to: inItsCase };
  if (APOSTROPHES.includes(character)) {
    if (alphabet.has("'")) return { kind: "apostrophe", to: "'" };
    // "l'homme" is two words and "geht's" is one: without its apostrophe the writing does not tell.
    return isQuote ? { kind: "punctuation", to: " " } : { kind: "refused", to: " " };
  }
  if (/\p{P}/u.test(character)) return { kind: "punctuation", to: " " };
  if (/\p{Cf}/u.test(character)) return { kind: "invisible", to: "" };
  return { kind: "refused", to: " " };
}
