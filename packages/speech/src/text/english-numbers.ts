/**
 * Numbers as an English reader says them, without hyphens and without the British "and" ("one hundred five"): the
 * form of read-speech transcripts.
 */

import { SpeechError } from "../errors.js";

/** The largest number read as a whole; longer ones are read digit by digit. */
export const LARGEST_CARDINAL = 999_999_999_999_999;

const SMALL = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
  "seventeen eighteen nineteen"
).split(" ");
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES = ["", " thousand", " million", " billion", " trillion"];

const IRREGULAR_ORDINALS = new Map([
  ["one", "first"],
  ["two", "second"],
  ["three", "third"],
  ["five", "fifth"],
  ["eight", "eighth"],
  ["nine", "ninth"],
  ["twelve", "twelfth"],
]);

/**
 * 1234 → "one thousand two hundred thirty four".
 *
 * @throws SpeechError `number-out-of-range` unless `value` is a whole number from 0 to 999,999,999,999,999
 */
export function cardinalWords(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > LARGEST_CARDINAL) {
    throw new SpeechError(
      "number-out-of-range",
      `${value} cannot be read as a cardinal; it must be a whole number from 0 to ${LARGEST_CARDINAL}`,
    );
  }
  if (value === 0) return SMALL[0] as string;
  const groups: string[] = [];
  for (let rest = value, scale = 0; rest > 0; rest = Math.floor(rest / 1000), scale++) {
    if (rest % 1000 > 0) groups.unshift(belowThousand(rest % 1000) + SCALES[scale]);
  }
  return groups.join(" ");
}

function belowThousand(value: number): string {
  const hundreds = Math.floor(value / 100);
  if (hundreds === 0) return belowHundred(value);
  const start = `${SMALL[hundreds]} hundred`;
  return value % 100 === 0 ? start : `${start} ${belowHundred(value % 100)}`;
}

function belowHundred(value: number): string {
  if (value < 20) return SMALL[value] as string;
  const tens = TENS[Math.floor(value / 10)] as string;
  return value % 10 === 0 ? tens : `${tens} ${SMALL[value % 10]}`;
}

/**
 * 22 → "twenty second".
 *
 * @throws SpeechError `number-out-of-range`, as `cardinalWords` does
 */
export function ordinalWords(value: number): string {
  return changeLastWord(cardinalWords(value), (word) => {
    const irregular = IRREGULAR_ORDINALS.get(word);
    return irregular ?? (word.endsWith("y") ? `${word.slice(0, -1)}ieth` : `${word}th`);
  });
}

/**
 * 1984 → "nineteen eighty four", 1905 → "nineteen oh five", 1900 → "nineteen hundred", 2005 → "two thousand five".
 * A year outside 1000 to 2099 is read as a cardinal.
 *
 * @throws SpeechError `number-out-of-range`, as `cardinalWords` does
 */
export function yearWords(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  const startsMillennium = century % 10 === 0 && rest < 10;
  if (year < 1000 || year > 2099 || startsMillennium) return cardinalWords(year);
  return `${cardinalWords(century)} ${rest === 0 ? "hundred" : minuteWords(rest)}`;
}

/** A pair of digits after a century or an hour: 5 → "oh five", 30 → "thirty". */
export function minuteWords(value: number): string {
  return value < 10 ? `oh ${cardinalWords(value)}` : cardinalWords(value);
}

/** "007" → "zero zero seven". */
export function digitWords(digits: string): string {
  return [...digits].map((digit) => cardinalWords(Number(digit))).join(" ");
}

/** "nineteen ninety" → "nineteen nineties". */
export function pluralWords(words: string): string {
  return changeLastWord(words, (word) => {
    if (word.endsWith("y")) return `${word.slice(0, -1)}ies`;
    return word.endsWith("x") ? `${word}es` : `${word}s`;
  });
}

function changeLastWord(words: string, change: (word: string) => string): string {
  const start = words.lastIndexOf(" ") + 1;
  return words.slice(0, start) + change(words.slice(start));
}
