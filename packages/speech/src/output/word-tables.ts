/** One line a word: CTM, which NIST's scoring tools read (SCTK, "ctm" format), and TSV for spreadsheets. */

import type { TimedWord } from "../decoding/timed-word.js";
import { quote, SpeechError } from "../errors.js";
import { formatSeconds, toMilliseconds } from "./timestamp.js";
import type { Transcript } from "./transcript.js";

/**
 * CTM: `id channel start duration word confidence`, times in seconds. No words give the empty file.
 *
 * @param channel the recording's channel, "1" by default
 * @throws SpeechError `invalid-option` where the id or channel is empty or holds white space
 */
export function formatCtm({ id, timedWords }: Transcript, channel = "1"): string {
  for (const [name, value] of Object.entries({ id, channel })) {
    if (!/^\S+$/.test(value)) {
      throw new SpeechError(
        "invalid-option",
        `${name} ${quote(value)} cannot stand in a CTM file; it must be one word`,
      );
    }
  }
  return timedWords
    .map((word) => {
      const { start, end } = milliseconds(word);
      return `${id} ${channel} ${formatSeconds(start)} ${formatSeconds(end - start)} ${word.word} ${word.confidence.toFixed(4)}\n`;
    })
    .join("");
}

/** TSV with a heading: `start end word confidence`, times in seconds. */
export function formatTsv({ timedWords }: Transcript): string {
  const rows = timedWords.map((word) => {
    const { start, end } = milliseconds(word);
    return [formatSeconds(start), formatSeconds(end), word.word, word.confidence.toFixed(4)];
  });
  return [["start", "end", "word", "confidence"], ...rows].map((row) => `${row.join("\t")}\n`).join("");
}

/** The duration is the difference of the rounded times, so that start + duration is the rounded end. */
function milliseconds({ startSeconds, endSeconds }: TimedWord): { start: number; end: number } {
  return { start: toMilliseconds(startSeconds), end: toMilliseconds(endSeconds) };
}
