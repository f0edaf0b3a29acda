/** What a language model holds. */
import { statSync } from "node:fs";
import { loadLanguageModel } from "@deepspeech-ts/toolkit/internal/language-model/load.js";
import { formatCount, formatPlural } from "./format.js";
import { type Facts, formatSize } from "./info-facts.js";

const SHOWN_WORDS = 12;

/** @throws UserError for a file that is none, or damaged */
export async function languageModelFacts(path: string): Promise<Facts> {
  const model = await loadLanguageModel(path);
  const bytes = statSync(path).size;
  const words = [...model.words()];
  const { order, counts } = model;
  const more = words.length > SHOWN_WORDS ? " …" : "";
  return {
    json: { kind: "language-model", path, bytes, order, counts, numWords: words.length },
    rows: [
      ["Kind", `language model, ${formatSize(bytes)}`],
      ["N-grams", counts.map((count, i) => `${formatCount(count)} of order ${i + 1}`).join(", ")],
      ["Words", `${formatPlural(words.length, "word")}: ${words.slice(0, SHOWN_WORDS).join(" ")}${more}`],
    ],
  };
}
