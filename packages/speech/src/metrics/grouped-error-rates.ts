/** Error rates of the parts of a corpus: of each speaker, each length, each source. */

import { type CorpusErrorRates, ErrorRateAccumulator, type TranscriptPair } from "./error-rate.js";

/** The error rates of one group. */
export interface GroupErrorRates<Key> {
  group: Key;
  rates: CorpusErrorRates;
}

/**
 * The corpus rates of each group, in the order in which groups first appear.
 *
 * @throws SpeechError `empty-reference` when a group's references together hold no word
 */
export function groupedErrorRates<Pair extends TranscriptPair, Key>(
  pairs: Iterable<Pair>,
  groupOf: (pair: Pair) => Key,
): GroupErrorRates<Key>[] {
  const groups = new Map<Key, ErrorRateAccumulator>();
  for (const pair of pairs) {
    const key = groupOf(pair);
    const accumulator = groups.get(key) ?? new ErrorRateAccumulator();
    groups.set(key, accumulator);
    accumulator.add(pair.reference, pair.hypothesis);
  }
  return [...groups].map(([group, accumulator]) => ({ group, rates: accumulator.result() }));
}
