/** What a recogniser hears where nothing was said: noise, music, silence. */
import { splitWords, type TranscriptPair } from "./error-rate.js";

/** What was heard where nothing was said. */
export interface FalseAlarms {
  /** Recordings in which nothing was said: their references hold no word. */
  numWordless: number;
  /** Those of them in which something was heard. */
  numAlarms: number;
  /** Words heard in them; they count as insertions in the word error rate. */
  numWords: number;
}

/** The false alarms of a corpus; undefined where words are said in each of its recordings. */
export function countFalseAlarms(pairs: Iterable<TranscriptPair>): FalseAlarms | undefined {
  const counts: FalseAlarms = { numWordless: 0, numAlarms: 0, numWords: 0 };
  for (const { reference, hypothesis } of pairs) {
    if (splitWords(reference).length > 0) continue;
    const numWords = splitWords(hypothesis).length;
    counts.numWordless += 1;
    if (numWords > 0) counts.numAlarms += 1;
    counts.numWords += numWords;
  }
  return counts.numWordless > 0 ? counts : undefined;
}
