/** Word alignments of every utterance, for people and for programs. */
import { align, scliteAlignment, splitWords } from "@deepspeech-ts/speech";
import type { UtteranceResult } from "./evaluate.js";

type Aligned = Pick<UtteranceResult, "id" | "speaker" | "reference" | "hypothesis" | "words">;

/** In the style of NIST's sclite, by speaker, then by id. */
export function alignmentsAsText(utterances: readonly Aligned[]): string {
  return sorted(utterances)
    .map((utterance) => `${scliteAlignment(utterance)}\n`)
    .join("");
}

/** An array of `{id, speaker, reference, hypothesis, words, alignment}`; of the alignment, one object for each step. */
export function alignmentsAsJson(utterances: readonly Aligned[]): string {
  const aligned = sorted(utterances).map(({ id, speaker, reference, hypothesis, words }) => ({
    id,
    speaker,
    reference,
    hypothesis,
    words,
    alignment: align(splitWords(reference), splitWords(hypothesis)),
  }));
  return `${JSON.stringify(aligned, null, 2)}\n`;
}

function sorted(utterances: readonly Aligned[]): Aligned[] {
  const order = (a: string, b: string) => Number(a > b) - Number(a < b);
  return [...utterances].sort((a, b) => order(a.speaker, b.speaker) || order(a.id, b.id));
}
