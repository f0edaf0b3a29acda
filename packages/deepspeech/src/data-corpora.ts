/** Several corpora as one, for the commands that look at data. */
import { loadUtterances } from "@deepspeech-ts/toolkit/internal/data/manifest.js";
import type { Corpus } from "@deepspeech-ts/toolkit/internal/data/types.js";

/** Ids that several corpora share get the corpus in front, so that a report can name each utterance. */
export async function loadCorpora(paths: readonly string[]): Promise<Corpus> {
  const corpora = await Promise.all(paths.map(async (path) => ({ path, corpus: await loadUtterances(path) })));
  const seen = new Set<string>();
  const merged: Corpus = { utterances: [], leftOut: [] };
  for (const { path, corpus } of corpora) {
    for (const utterance of corpus.utterances) {
      const id = seen.has(utterance.id) ? `${path}:${utterance.id}` : utterance.id;
      seen.add(id);
      merged.utterances.push(id === utterance.id ? utterance : { ...utterance, id });
    }
    for (const item of corpus.leftOut) merged.leftOut.push(item);
  }
  return merged;
}
