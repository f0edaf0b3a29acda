/**
 * Brings transcripts to the characters of a model's alphabet. The English letters have a normaliser of their own, which
 * spells numbers and signs out; for other alphabets, whose readings we do not know, only what is safe is done: letters
 * take the case that the alphabet has, punctuation and invisible characters go, and everything else that cannot be
 * written is refused, so that the caller can leave the utterance out.
 */
import { type Alphabet, englishAlphabet } from "./alphabet.js";
import { APOSTROPHES } from "./apostrophes.js";
import { type NormalisedText, normaliseEnglish } from "./normalise-english.js";
import type { ChangeKind } from "./normalise-rule.js";

/** Normalises one transcript. It never throws; see `NormalisedText.refused`. */
export function normaliseToAlphabet(text: string, alphabet: Alphabet): NormalisedText {
  const written = charactersOf(alphabet);
  return written === charactersOf(englishAlphabet) ? normaliseEnglish(text) : keepCharacters(text, new Set(written));
}

/** All that the alphabet can write, sorted. */
function charactersOf({ tokens, blankId }: Alphabet): string {
  return tokens
    .filter((_, id) => id !== blankId)
    .sort()
    .join("");
}

function keepCharacters(text: string, written: ReadonlySet<string>): NormalisedText {
  const result: NormalisedText = { text: "", changes: [], refused: [] };
  let position = 0;
  for (const from of text.normalize("NFC")) {
    const { kind, to } = rewrite(from, written);
    result.text += to;
    if (kind === "refused") result.refused.push({ character: from, position });
    else if (kind !== undefined) result.changes.push({ kind, from, to: to.trim(), position });
    position += from.length;
  }
  return { ...result, text: result.text.replace(/ +/g, " ").trim() };
}

function rewrite(character: string, written: ReadonlySet<string>): { kind?: ChangeKind | "refused"; to: string } {
  if (/\s/u.test(character)) return { to: " " };
  const inItsCase = [character, character.toLowerCase(), character.toUpperCase()].find((form) => written.has(form));
  if (inItsCase !== undefined) return { to: inItsCase };
  if (APOSTROPHES.includes(character) && written.has("'")) return { kind: "apostrophe", to: "'" };
  if (/\p{P}/u.test(character)) return { kind: "punctuation", to: " " };
  if (/\p{Cf}/u.test(character)) return { kind: "invisible", to: "" };
  return { kind: "refused", to: " " };
}
