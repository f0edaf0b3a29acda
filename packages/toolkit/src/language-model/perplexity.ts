/** The perplexity of text files. */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { type LanguageModel, type Perplexity, PerplexityMeter, SpeechError } from "@deepspeech-ts/speech";
import { UserError } from "../errors.js";
import { readBytes } from "./read-bytes.js";

/**
 * How well `model` foresees the sentences of text files, plain or gzip, one a line.
 *
 * @throws UserError when a file cannot be read, or there is not a single word
 */
export async function perplexity(model: LanguageModel, paths: readonly string[]): Promise<Perplexity> {
  const meter = new PerplexityMeter(model);
  for (const path of paths) {
    const input = Readable.from(readBytes(path));
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) meter.add(line);
  }
  try {
    return meter.result();
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    throw new UserError(`${paths.join(", ")}: ${error.message}.`, { code: "bad-corpus", cause: error });
  }
}
