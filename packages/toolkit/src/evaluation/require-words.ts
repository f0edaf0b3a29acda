/** An error rate is errors by words: where no recording has words, whoever measures says so in one line. */
import { UserError } from "@deepspeech-ts/recognizer/system";
import { countFalseAlarms, type TranscriptPair } from "@deepspeech-ts/speech";

/** @throws UserError where there are recordings, and none of them has words */
export function requireWords(pairs: readonly TranscriptPair[]): void {
  const falseAlarms = countFalseAlarms(pairs);
  if (falseAlarms?.numWordless !== pairs.length) return;
  const { numWordless, numAlarms, numWords } = falseAlarms;
  throw new UserError(
    `none of the ${numWordless} recordings has words, so there is no error rate; words were recognised in ${numAlarms} of them ` +
      `(words: ${numWords}). Measure them together with recordings that have words.`,
    { code: "bad-corpus" },
  );
}
