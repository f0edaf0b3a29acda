/** Which utterances went worst: where to look first. */
import { countErrors, type EditCounts } from "@deepspeech-ts/speech";

/** An utterance's own rate; insertions against an empty reference count as if it had one word. */
export function utteranceRate(counts: EditCounts): number {
  return countErrors(counts) / Math.max(1, counts.referenceLength);
}

/** Those with the most word errors for each word first; where equal, the one with more errors. Those without error are not among them. */
export function worstUtterances<U extends { id: string; words: EditCounts }>(
  utterances: readonly U[],
  count: number,
): U[] {
  const wrong = utterances.filter(({ words }) => countErrors(words) > 0);
  const worst = wrong.sort(
    (a, b) =>
      utteranceRate(b.words) - utteranceRate(a.words) ||
      countErrors(b.words) - countErrors(a.words) ||
      (a.id < b.id ? -1 : 1),
  );
  return worst.slice(0, count);
}
