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
  | "invalid-language-model"
  | "invalid-text"
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

const LONGEST_QUOTE = 80;

/** `text` in double quotes, on one line, cut after 80 characters: for use inside messages. */
export function quote(text: string): string {
  const characters = [...text];
  const shown = characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("")}…` : text;
  return JSON.stringify(shown);
}
