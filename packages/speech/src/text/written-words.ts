/**
 * What an author wrote, and how it is spoken: "Dr. Smith paid $5." is "doctor", "smith", "paid" and "five dollars". So
 * times that are found for the spelling can be told of the words as they were written.
 */

import { quote } from "../errors.js";
import type { Alphabet } from "./alphabet.js";
import type { RefusedCharacter } from "./normalise-english.js";
import { normaliseToAlphabet, piecesInAlphabet } from "./normalise-to-alphabet.js";

/** One written word, or several that only make sense together. */
export interface WrittenWord {
  /** As the author has it. Where it is more than what stands between two spaces, no-break spaces are inside. */
  written: string;
  /** The words that are spoken, in the alphabet's characters; one at least. */
  spoken: string[];
}

/** Words that follow the text's name: `has "日", which the model cannot write; spell it out`. */
export interface Unspellable {
  reason: string;
}

const NO_BREAK_SPACE = "\u00a0";

/** The text in the alphabet's characters, as transcripts are brought to it; or why that cannot be. */
export function spellOut(text: string, alphabet: Alphabet): { spelt: string } | Unspellable {
  const { text: spelt, refused } = normaliseToAlphabet(text, alphabet);
  if (refused.length > 0) return unspellable(refused);
  return spelt === "" ? NO_WORDS : { spelt };
}

/** The words of a text that a recogniser wrote: none is short for another. */
export function spokenAsWritten(text: string): WrittenWord[] {
  return (text.match(/[^ ]+/g) ?? []).map((word) => ({ written: word, spoken: [word] }));
}

/**
 * The author's words, in order: joined, they are the text (in Unicode's form NFC) but for white space. A token that
 * nobody speaks, such as a dash, goes with the word before it, or behind it where there is none.
 */
export function writtenWords(text: string, alphabet: Alphabet): { words: WrittenWord[] } | Unspellable {
  const source = text.normalize("NFC");
  const tokens = [...source.matchAll(/\S+/gu)].map(({ 0: token, index }) => ({
    from: index,
    to: index + token.length,
  }));
  const write = (first: Span, last = first) => source.slice(first.from, last.to).replace(/\s+/gu, NO_BREAK_SPACE);
  if (tokens.length === 0) return { words: [] };
  const { refused } = normaliseToAlphabet(source, alphabet);
  if (refused.length > 0) return unspellable(refused);
  const shares = chunksOf(tokens, spokenWords(source, alphabet)).flatMap(shareOut);
  if (shares.length === 0) return NO_WORDS;
  const words = shares.map(({ first, spoken }, i) => {
    const last = (shares[i + 1]?.first ?? tokens.length) - 1;
    return { written: write(tokens[i === 0 ? 0 : first] as Span, tokens[last] as Span), spoken };
  });
  return { words };
}

const NO_WORDS: Unspellable = { reason: "has no words" };

/** From a place in the text to before another. */
interface Span {
  from: number;
  to: number;
}

/** Tokens, by their numbers, and the words that are spoken for them. */
interface Chunk {
  first: number;
  last: number;
  spoken: string[];
}

function unspellable(refused: readonly RefusedCharacter[]): Unspellable {
  const characters = [...new Set(refused.map(({ character }) => quote(character)))];
  return { reason: `has ${characters.join(", ")}, which the model cannot write; spell it out` };
}

/** Each spoken word, and the stretch of the text that it comes of. */
function spokenWords(source: string, alphabet: Alphabet): (Span & { word: string })[] {
  const pieces = piecesInAlphabet(source, alphabet);
  let spelt = "";
  /** Of each character of `spelt`, the stretch that gave it. */
  const origins: Span[] = [];
  let position = 0;
  for (const { from, to } of pieces) {
    spelt += to;
    const origin = { from: position, to: position + from.length };
    for (let i = 0; i < to.length; i++) origins.push(origin);
    position += from.length;
  }
  return [...spelt.matchAll(/[^ ]+/g)].map(({ 0: word, index }) => ({
    word,
    from: (origins[index] as Span).from,
    to: (origins[index + word.length - 1] as Span).to,
  }));
}

/** Tokens that share what is spoken for them belong together. */
function chunksOf(tokens: readonly Span[], words: readonly (Span & { word: string })[]): Chunk[] {
  const chunks: Chunk[] = [];
  let token = 0;
  for (const { from, to, word } of words) {
    while ((tokens[token] as Span).to <= from) token += 1;
    let last = token;
    while (last < tokens.length - 1 && (tokens[last + 1] as Span).from < to) last += 1;
    const before = chunks.at(-1);
    if (before !== undefined && before.last >= token) {
      before.last = Math.max(before.last, last);
      before.spoken.push(word);
    } else {
      chunks.push({ first: token, last, spoken: [word] });
    }
  }
  return chunks;
}

/** "Jan. 5" is spoken as a whole, and each of its tokens takes an equal part of it: which is whose, nobody knows. */
function shareOut({ first, last, spoken }: Chunk): { first: number; spoken: string[] }[] {
  const numTokens = last - first + 1;
  const numParts = Math.min(numTokens, spoken.length);
  const part = (i: number, total: number) => Math.floor((i * total) / numParts);
  return Array.from({ length: numParts }, (_, i) => ({
    first: first + part(i, numTokens),
    spoken: spoken.slice(part(i, spoken.length), part(i + 1, spoken.length)),
  }));
}
