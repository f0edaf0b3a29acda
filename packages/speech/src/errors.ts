/**
 * The one error type of this package. A caller can branch on `code`; a person reads `message`, which is always a
 * single line that names what was found and, where there is one, the way out.
 */

export type SpeechErrorCode =
  | "invalid-alphabet"
  | "unknown-character"
  | "invalid-token-id"
  | "number-out-of-range"
  | "invalid-option"
  | "invalid-emissions"
  | "decoder-not-begun"
  | "invalid-lexicon"
  | "invalid-arpa"
  | "no-arpa"
  | "invalid-language-model"
  | "invalid-text"
  | "invalid-encoding"
  | "alignment-infeasible"
  | "empty-reference";

/** An error that the caller's input caused. */
export class SpeechError extends Error {
  readonly code: SpeechErrorCode;

  constructor(code: SpeechErrorCode, message: string) {
    super(message);
    this.name = "SpeechError";
    this.code = code;
  }
}

/** Longer messages are cut in their middle: the beginning names the file, the end the way out. */
const LONGEST_MESSAGE = 800;
/** What a terminal obeys, and what ends a line: control characters, and directions of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text of a file's own making, fit for a message: on one line, of bearable length, without what a terminal obeys. */
export function printable(text: string, longest: number = LONGEST_MESSAGE): string {
  const cut = text.length > longest ? `${text.slice(0, longest >> 1)} … ${text.slice(-(longest >> 1))}` : text;
  return cut.replace(UNPRINTABLE, "\ufffd");
}

const LONGEST_QUOTE = 80;
/** Beside what JSON escapes, what a terminal obeys: more control characters, line ends, directions of writing. */
const OBEYED = /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** `text` in double quotes, on one line, cut after 80 characters: for use inside messages. */
export function quote(text: string): string {
  const characters = [...text];
  const shown = characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("")}…` : text;
  return escapeObeyed(JSON.stringify(shown));
}

/** Any value as JSON on one line, cut after 80 characters: for use inside messages. */
export function quoteValue(value: unknown): string {
  if (typeof value === "string") return quote(value);
  // JSON has no word for NaN and the infinities.
  if (typeof value === "number") return String(value);
  const json = jsonOf(value);
  return json.length > LONGEST_QUOTE ? `${json.slice(0, LONGEST_QUOTE)}…` : json;
}

function jsonOf(value: unknown): string {
  try {
    return escapeObeyed(JSON.stringify(value) ?? String(value));
  } catch {
    // What JSON.parse has read may be nested too deeply for JSON.stringify.
    return Array.isArray(value) ? "a list of lists of lists" : "an object of objects of objects";
  }
}

function escapeObeyed(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
