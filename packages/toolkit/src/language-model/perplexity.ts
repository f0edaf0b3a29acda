/** The perplexity of text files. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { type LanguageModel, type Perplexity, PerplexityMeter, SpeechError } from "@deepspeech-ts/speech";
import { readText } from "./read-text.js";

/**
 * How well `model` foresees the sentences of text files, plain or gzip, one a line.
 *
 * @throws UserError when a file cannot be read, or there is not a single word
 */
export async function perplexity(model: LanguageModel, paths: readonly string[]): Promise<Perplexity> {
  const meter = new PerplexityMeter(model);
  for (const path of paths) {
    for await (const chunk of readText(path)) {
      for (const line of chunk.split("\n")) meter.add(line);
    }
  }
  try {
    return meter.result();
  } catch (error) {
    if (!(error instanceof SpeechError)) throw error;
    throw new UserError(`${paths.join(", ")}: ${error.message}.`, { code: "bad-corpus", cause: error });
  }
}
