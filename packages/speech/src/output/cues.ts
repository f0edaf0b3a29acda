/**
 * Cuts a transcript into subtitles. The limits are those of broadcasters' guides: two lines of 42 characters, seven
 * seconds at most (Netflix, "English Timed Text Style Guide"; BBC, "Subtitle Guidelines").
 */

import type { TimedWord } from "../decoding/timed-word.js";
import { SpeechError } from "../errors.js";

/** How text is cut into subtitles. */
export interface CueOptions {
  /** The most characters in a line; only a longer word exceeds it. Default 42. */
  maxLineCharacters?: number;
  /** The most lines in a cue. Default 2. */
  maxLines?: number;
  /** The longest cue, in seconds, from its first word to the end of its last. Default 7. */
  maxSeconds?: number;
  /** A pause this long between two words, in seconds, starts a new cue. Default 1. */
  pauseSeconds?: number;
  /** A shorter cue stays this long, in seconds, unless the next one comes. Default 1. */
  minSeconds?: number;
  /** The recording's length, in seconds: no cue ends after it. Default: it is not known. */
  durationSeconds?: number;
}

/** One subtitle. */
export interface Cue {
  startSeconds: number;
  endSeconds: number;
  words: readonly TimedWord[];
  /** The words, wrapped. */
  lines: string[];
}

const DEFAULTS: Required<CueOptions> = {
  maxLineCharacters: 42,
  maxLines: 2,
  maxSeconds: 7,
  pauseSeconds: 1,
  minSeconds: 1,
  durationSeconds: Number.POSITIVE_INFINITY,
};
/** The shortest time that subtitles can tell. */
const LEAST_SECONDS = 0.001;

/**
 * Cues for `words`, in order, without overlap. A new cue starts after a pause, after a word that ends a sentence
 * (., ?, !, or one of these before a closing quote or bracket), and where the next word would break a limit.
 *
 * @throws SpeechError `number-out-of-range` at a limit that is not above 0, or a fractional number of lines or characters
 */
export function splitIntoCues(words: readonly TimedWord[], options: CueOptions = {}): Cue[] {
  const limits = checkLimits({ ...DEFAULTS, ...options });
  const groups: TimedWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group === undefined || startsCue(group, word, limits)) groups.push([word]);
    else group.push(word);
  }
  const latest = limits.durationSeconds;
  const starts = startsOf(groups, latest);
  return groups.map((group, index) => {
    const startSeconds = starts[index] as number;
    const spoken = (group.at(-1) as TimedWord).endSeconds;
    const next = starts[index + 1] ?? Math.max(latest, startSeconds + LEAST_SECONDS);
    const endSeconds = Math.min(next, Math.max(spoken, startSeconds + limits.minSeconds));
    return {
      startSeconds,
      endSeconds,
      words: group,
      lines: wrap(
        group.map(({ word }) => word),
        limits.maxLineCharacters,
      ),
    };
  });
}

/** With their words, but each after the one before: words may overlap, begin together, or have no length left at the end. */
function startsOf(groups: readonly (readonly TimedWord[])[], latest: number): number[] {
  const starts: number[] = [];
  for (const [first] of groups) {
    const earliest = (starts.at(-1) ?? -LEAST_SECONDS) + LEAST_SECONDS;
    starts.push(Math.max(earliest, Math.min((first as TimedWord).startSeconds, latest - LEAST_SECONDS)));
  }
  return starts;
}

function startsCue(group: readonly TimedWord[], word: TimedWord, limits: Required<CueOptions>): boolean {
  const first = group[0] as TimedWord;
  const last = group.at(-1) as TimedWord;
  if (word.startSeconds - last.endSeconds >= limits.pauseSeconds || /[.?!]["'”’)\]]*$/.test(last.word)) return true;
  if (word.endSeconds - first.startSeconds > limits.maxSeconds) return true;
  const lines = fill([...group.map((member) => member.word), word.word], limits.maxLineCharacters);
  return lines.length > limits.maxLines;
}

/** As few lines as hold the words, and of those arrangements the one whose longest line is shortest. */
function wrap(words: readonly string[], maxCharacters: number): string[] {
  const fewest = fill(words, maxCharacters);
  let lines = fewest;
  for (let width = maxCharacters - 1; width > 0; width--) {
    const narrower = fill(words, width);
    if (narrower.length > fewest.length) break;
    lines = narrower;
  }
  return lines;
}

function fill(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || [...line, " ", ...word].length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

function checkLimits(limits: Required<CueOptions>): Required<CueOptions> {
  for (const [name, value] of Object.entries(limits)) {
    const isCount = name === "maxLineCharacters" || name === "maxLines";
    // A recording without sound has no words.
    if (name === "durationSeconds" && value === 0) continue;
    if (value > 0 && (!isCount || Number.isInteger(value))) continue;
    const wanted = isCount ? "a whole number from 1" : "above 0";
    throw new SpeechError("number-out-of-range", `${name} is ${value}; it must be ${wanted}`);
  }
  return limits;
}
