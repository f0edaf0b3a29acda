/**
 * Patterns for written amounts (money, clock times, ordinals, plurals, plain numbers) and how each is read. A pattern
 * that does not fit whole does not match at all: "$5m" leaves its sign to be refused, since "five dollars m" would
 * teach a model the wrong sound.
 *
 * Two readings are guesses, the likelier ones in prose: four bare digits from 1000 to 2099 are a year, and digits with
 * a leading zero are read one by one.
 */

import { APOSTROPHES } from "./apostrophes.js";
import {
  cardinalWords,
  digitWords,
  LARGEST_CARDINAL,
  minuteWords,
  ordinalWords,
  pluralWords,
  yearWords,
} from "./english-numbers.js";
import type { Rule } from "./normalise-rule.js";

/** Digits, with or without commas between thousands. */
const WHOLE = String.raw`(\d{1,3}(?:,\d{3})+(?!\d)|\d+)`;
const DECIMALS = String.raw`(?:\.(\d+))?`;

const MONEY = {
  $: { one: "dollar", many: "dollars", oneCent: "cent", manyCents: "cents" },
  "€": { one: "euro", many: "euros", oneCent: "cent", manyCents: "cents" },
  "£": { one: "pound", many: "pounds", oneCent: "penny", manyCents: "pence" },
} as const;

/** In the order they are to be tried. */
export const amountRules: readonly Rule[] = [
  {
    kind: "currency",
    pattern: new RegExp(
      String.raw`([$£€])\s?${WHOLE}${DECIMALS}(?:\s(hundred|thousand|million|billion|trillion)(?![\p{L}\p{M}]))?(?![\p{L}\p{M}\d]|[,.]\d)`,
      "iuy",
    ),
    write: ([, sign, whole, decimals, scale]) =>
      moneyWords(sign as keyof typeof MONEY, whole as string, decimals, scale),
  },
  {
    kind: "time",
    pattern: /(?<!\d|[:.])([01]?\d|2[0-3]):([0-5]\d)(?![\d:]|\.\d)(?=(\s?[ap]\.?m(?![\p{L}\p{M}]))?)/iuy,
    write: ([, hours, minutes, halfOfDay]) => timeWords(Number(hours), Number(minutes), halfOfDay !== undefined),
  },
  {
    kind: "ordinal",
    pattern: new RegExp(String.raw`${WHOLE}(?:st|nd|rd|th)(?![\p{L}\p{M}])`, "iuy"),
    write: ([, whole]) => {
      const value = wholeValue(whole as string);
      return value <= LARGEST_CARDINAL ? ordinalWords(value) : undefined;
    },
  },
  {
    kind: "decade",
    pattern: new RegExp(String.raw`[${APOSTROPHES}]?([1-9]0|[12]\d\d0)[${APOSTROPHES}]?s(?![\p{L}\p{M}])`, "iuy"),
    write: ([, digits]) => pluralWords(wholeWords(digits as string)),
  },
  {
    kind: "number",
    pattern: new RegExp(String.raw`(\d+)[${APOSTROPHES}]s(?![\p{L}\p{M}])`, "iuy"),
    write: ([, digits]) => `${wholeWords(digits as string)}'s`,
  },
  {
    kind: "number",
    pattern: /(\d+)s(?![\p{L}\p{M}])/iuy,
    write: ([, digits]) => pluralWords(wholeWords(digits as string)),
  },
  {
    kind: "number",
    pattern: new RegExp(WHOLE + DECIMALS, "uy"),
    write: ([, whole, decimals]) => numberWords(whole as string, decimals),
  },
  {
    kind: "number",
    pattern: /(?<![\p{L}.])\.(\d+)/uy,
    write: ([, decimals]) => `point ${digitWords(decimals as string)}`,
  },
  { kind: "number", pattern: /(?<=^|[\s(])[-−](?=[$£€]?\.?\d)/uy, write: () => "minus" },
];

function moneyWords(sign: keyof typeof MONEY, whole: string, decimals?: string, scale?: string): string {
  const { one, many, oneCent, manyCents } = MONEY[sign];
  if (scale !== undefined) return `${amountWords(whole, decimals)} ${scale.toLowerCase()} ${many}`;
  if (decimals !== undefined && decimals.length !== 2) return `${amountWords(whole, decimals)} ${many}`;
  const cents = Number(decimals ?? 0);
  const value = wholeValue(whole);
  const parts: string[] = [];
  if (value > 0 || cents === 0) parts.push(`${amountWords(whole)} ${value === 1 ? one : many}`);
  if (cents > 0) parts.push(`${cardinalWords(cents)} ${cents === 1 ? oneCent : manyCents}`);
  return parts.join(" and ");
}

function timeWords(hours: number, minutes: number, isHalfOfDayNamed: boolean): string {
  const hour = cardinalWords(hours);
  if (minutes > 0) return `${hour} ${minuteWords(minutes)}`;
  if (isHalfOfDayNamed) return hour;
  return hours >= 1 && hours <= 12 ? `${hour} o'clock` : `${hour} hundred`;
}

/** A number in running text: a year, an identifier with leading zeros, a decimal or a cardinal. */
function numberWords(whole: string, decimals: string | undefined): string {
  return decimals === undefined ? wholeWords(whole) : amountWords(whole, decimals);
}

function wholeWords(whole: string): string {
  return /^(?:1\d|20)\d\d$/.test(whole) ? yearWords(Number(whole)) : amountWords(whole);
}

/** A number that counts something, and so is never a year. */
function amountWords(whole: string, decimals?: string): string {
  const value = wholeValue(whole);
  const isCode = /^0\d/.test(whole) || value > LARGEST_CARDINAL;
  const start = isCode ? digitWords(whole.replaceAll(",", "")) : cardinalWords(value);
  return decimals === undefined ? start : `${start} point ${digitWords(decimals)}`;
}

function wholeValue(whole: string): number {
  return Number(whole.replaceAll(",", ""));
}
