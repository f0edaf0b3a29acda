/**
 * The map between text and the integers a CTC model emits. Every character of a transcript is one token; one further
 * token, the blank, belongs to CTC alone and never to text (Graves et al., "Connectionist Temporal Classification",
 * ICML 2006). Text is checked here before training, because an id outside the model's classes, or equal to the blank,
 * trains silently to nonsense.
 */

import { quote, SpeechError } from "../errors.js";

/** The tokens of a model, in the order of its outputs. */
export interface Alphabet {
  /** One character for each id; the entry at `blankId` is only a name, of any length. */
  readonly tokens: readonly string[];
  /** The id of the CTC blank. */
  readonly blankId: number;
}

/** One character (code point) of a text, and where it stands. */
export interface LocatedCharacter {
  character: string;
  /** Offset from 0 into the text, counted as `String.prototype.slice` counts. */
  position: number;
}

/** Apostrophe 0, space 1, a to z 2 to 27, blank 28: the alphabet of LibriSpeech transcripts. */
export const englishAlphabet: Alphabet = Object.freeze({
  tokens: Object.freeze(["'", " ", ..."abcdefghijklmnopqrstuvwxyz", "<blank>"]),
  blankId: 28,
});

/**
 * Refuses an alphabet that cannot map text to ids and back: a blank outside the tokens, no token but the blank, a
 * token that is not exactly one character (code point), one that cannot be written (a control character, a space of
 * another kind, half of a pair), or one that stands twice.
 *
 * @throws SpeechError `invalid-alphabet`
 */
export function validateAlphabet({ tokens, blankId }: Alphabet): void {
  if (tokens.length < 2) {
    throw new SpeechError("invalid-alphabet", `an alphabet needs a token besides the blank; it has ${tokens.length}`);
  }
  if (!Number.isInteger(blankId) || blankId < 0 || blankId >= tokens.length) {
    throw new SpeechError(
      "invalid-alphabet",
      `the alphabet's blankId is ${blankId}; it must be a whole number from 0 to ${tokens.length - 1}`,
    );
  }
  const firstIds = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (id !== blankId && [...token].length !== 1) {
      throw new SpeechError("invalid-alphabet", `token ${id} is ${quote(token)}; a token must be a single character`);
    }
    if (id !== blankId) refuseUnwritable(token);
    const firstId = firstIds.get(token);
    if (firstId !== undefined) {
      throw new SpeechError("invalid-alphabet", `tokens ${firstId} and ${id} are both ${quote(token)}`);
    }
    firstIds.set(token, id);
  }
}

/** Both directions of an alphabet, without the blank. */
interface AlphabetIndex {
  ids: ReadonlyMap<string, number>;
  /** By id; undefined at the blank. */
  codePoints: readonly (number | undefined)[];
}

// A corpus encodes hundreds of thousands of texts with one alphabet, so it is checked and indexed only once.
const indexes = new WeakMap<Alphabet, AlphabetIndex>();

function indexOf(alphabet: Alphabet): AlphabetIndex {
  const known = indexes.get(alphabet);
  if (known !== undefined) return known;
  validateAlphabet(alphabet);
  const { tokens, blankId } = alphabet;
  const ids = new Map(tokens.map((token, id) => [token, id]));
  ids.delete(tokens[blankId] as string);
  const index = { ids, codePoints: tokens.map((token, id) => (id === blankId ? undefined : token.codePointAt(0))) };
  indexes.set(alphabet, index);
  return index;
}

/** How many characters are made a string at once: few enough to be the arguments of one call. */
const CHARACTERS_OF_A_RUN = 1024;

/**
 * The ids of `text`, one for each character: the targets of CTC training.
 *
 * @throws SpeechError `unknown-character` at the first character outside the alphabet; `invalid-alphabet`
 */
export function encodeText(text: string, alphabet: Alphabet): number[] {
  const { ids } = indexOf(alphabet);
  const tokenIds: number[] = [];
  let position = 0;
  for (const character of text) {
    const id = ids.get(character);
    if (id === undefined) {
      throw new SpeechError(
        "unknown-character",
        `character ${quote(character)} at position ${position} of ${quote(text)} is not in the alphabet; normalise the text first`,
      );
    }
    tokenIds.push(id);
    position += character.length;
  }
  return tokenIds;
}

/**
 * The text of `tokenIds`: collapsed ids, with no blank among them.
 *
 * @throws SpeechError `invalid-token-id` at the blank or an id outside the alphabet; `invalid-alphabet`
 */
export function decodeTokenIds(tokenIds: Iterable<number>, alphabet: Alphabet): string {
  const { codePoints } = indexOf(alphabet);
  // Joined in runs: one addition of strings for each character takes four times as long.
  const run: number[] = [];
  let text = "";
  let place = 0;
  for (const id of tokenIds) {
    const codePoint = codePoints[id];
    if (codePoint === undefined) throw invalidTokenId(id, place, alphabet);
    place += 1;
    if (run.push(codePoint) < CHARACTERS_OF_A_RUN) continue;
    text += String.fromCodePoint(...run);
    run.length = 0;
  }
  return text + String.fromCodePoint(...run);
}

function invalidTokenId(id: number, place: number, { tokens, blankId }: Alphabet): SpeechError {
  const fault = id === blankId ? "the blank, which has no text" : `outside 0 to ${tokens.length - 1}`;
  return new SpeechError("invalid-token-id", `token id ${id} at place ${place} is ${fault}`);
}

/** Every occurrence in `text` of a character outside the alphabet, in order; empty when `encodeText` would succeed. */
export function unknownCharacters(text: string, alphabet: Alphabet): LocatedCharacter[] {
  const { ids } = indexOf(alphabet);
  const unknown: LocatedCharacter[] = [];
  let position = 0;
  for (const character of text) {
    if (!ids.has(character)) unknown.push({ character, position });
    position += character.length;
  }
  return unknown;
}

/**
 * The fewest frames from which CTC can emit `tokenIds`: one for each token, and one blank between equal neighbours.
 * With fewer, the CTC loss is infinite.
 */
export function minimumFrames(tokenIds: ArrayLike<number>): number {
  let repeats = 0;
  for (let i = 1; i < tokenIds.length; i++) {
    if (tokenIds[i] === tokenIds[i - 1]) repeats += 1;
  }
  return tokenIds.length + repeats;
}

/**
 * What is not seen, or is one more space: control characters, halves of pairs, breaks, marks of direction and of files. The
 * joiners are letters' parts in Persian and in India's scripts.
 */
const UNWRITABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}|(?! )\p{Zs}/u;

/** @param more what is unwritable besides, in its place */
function refuseUnwritable(character: string, more?: RegExp): void {
  if (!UNWRITABLE.test(character) && more?.test(character) !== true) return;
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  throw new SpeechError(
    "invalid-alphabet",
    `the alphabet has U+${code}, which no text can have as a letter; leave it out`,
  );
}

/**
 * An alphabet from the characters that a model is to write, in their order, composed (NFC). The space, which parts words, is
 * always one of them: it comes last where it is not given. The blank follows. Capitals and small letters are letters apart.
 *
 * @example alphabetOf("' abcdefghijklmnopqrstuvwxyz") // englishAlphabet
 * @throws SpeechError `invalid-alphabet` where there is nothing but the space, a character stands twice (a letter in two
 * spellings is one), or one cannot be written: a control character, a space
 * of another kind, half of a pair, or a mark with no letter before it
 */
export function alphabetOf(characters: string): Alphabet {
  const given = [...characters.normalize("NFC")];
  for (const [i, character] of given.entries()) refuseUnwritable(character, i === 0 ? /\p{M}/u : undefined);
  const repeated = given.find((character, index) => given.indexOf(character) !== index);
  if (repeated !== undefined) {
    throw new SpeechError(
      "invalid-alphabet",
      `the alphabet ${quote(characters)} has ${quote(repeated)} twice; name each character once`,
    );
  }
  const tokens = [...new Set([...given, " "])];
  if (tokens.length < 2) {
    throw new SpeechError("invalid-alphabet", `the alphabet ${quote(characters)} needs a character besides the space`);
  }
  return { tokens: [...tokens, "<blank>"], blankId: tokens.length };
}
