/** Text files of people, in whatever encoding they are: the one reader of all of them (see `decodeText` of speech). */
import { readFileSync } from "node:fs";
import { decodeText, SpeechError, TextReader } from "@deepspeech-ts/speech";
import { systemErrorCode, UserError } from "./errors.js";
import { explainReadError, readFileOrExplain } from "./files.js";

/** V8's longest string has so many characters. */
const LARGEST_TEXT_BYTES = 2 ** 29 - 24;
/** A text of longer lines is none: its line ends are of a kind that nobody knows. */
const LONGEST_LINE = 2 ** 25;

/**
 * A whole text, with `\n` for line ends.
 *
 * @throws UserError that names the file: missing, not readable, too large for one text, or in an encoding that is not
 * certain, with the remedy
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    return decodeWhole(path, await readFileOrExplain(path));
  } catch (error) {
    throw explainTextError(path, error);
  }
}

/** `readTextFile` for code that cannot wait. */
export function readTextFileSync(path: string): string {
  try {
    return decodeWhole(path, readFileSync(path));
  } catch (error) {
    throw explainTextError(path, explainReadError(path, error));
  }
}

/**
 * A text in pieces, each of whole lines and ending in a line end but for the last, so that a text of any size can be read.
 *
 * @param chunks the file's bytes, decompressed
 * @throws UserError as `readTextFile`
 */
export async function* readTextChunks(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const reader = new TextReader();
  let rest = "";
  try {
    for await (const chunk of chunks) {
      const text = rest + reader.push(chunk);
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      if (rest.length > LONGEST_LINE) throw tooLarge(path, "has a line of over 30 million characters");
      if (end > 0) yield text.slice(0, end);
    }
    rest += reader.finish();
  } catch (error) {
    throw explainTextError(path, error);
  }
  if (rest !== "") yield rest;
}

function decodeWhole(path: string, bytes: Uint8Array): string {
  if (bytes.length > LARGEST_TEXT_BYTES) throw tooLarge(path, "is too large to be read as one text");
  return decodeText(bytes);
}

function tooLarge(path: string, problem: string): UserError {
  return new UserError(`${path}: ${problem}; cut it into smaller ones.`, { code: "file-not-readable" });
}

function explainTextError(path: string, error: unknown): unknown {
  if (error instanceof SpeechError && error.code === "invalid-encoding") {
    return new UserError(`${path}: ${error.message}.`, { code: "bad-encoding", cause: error });
  }
  const isTooLarge = systemErrorCode(error) === "ERR_FS_FILE_TOO_LARGE";
  return isTooLarge ? tooLarge(path, "is too large to be read as one text") : error;
}
