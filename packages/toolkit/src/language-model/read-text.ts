/** The text of language models, of any size: plain or gzip, in any encoding that is certain. */
import { readTextChunks } from "@deepspeech-ts/recognizer/system";
import { plainText } from "@deepspeech-ts/speech";
import { readBytes } from "./read-bytes.js";

/**
 * A text in pieces of whole lines, each with one kind of line end and space (see `plainText`).
 *
 * @param onRead told how many bytes were read from the disk
 * @throws UserError when the file is missing, not readable, damaged, or in an encoding that is not certain
 */
export async function* readText(path: string, onRead?: (bytes: number) => void): AsyncGenerator<string> {
  for await (const chunk of readTextChunks(path, readBytes(path, onRead))) yield plainText(chunk);
}
