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
  "¥": { one: "yen", many: "yen", oneCent: "sen", manyCents: "sen" },
  "₹": { one: "rupee", many: "rupees", oneCent: "paisa", manyCents: "paise" },
} as const;
const SIGN = "[$£€¥₹]";
/** What follows money or a count: as words, or as the letters that stand for them. */
const SCALE = String.raw`(?:\s(hundred|thousand|million|billion|trillion)|\s?(k|m|mm|mn|bn|b|tn))(?![\p{L}\p{M}\p{N}])`;
const SCALES: Readonly<Record<string, string>> = {
  ...{ k: "thousand", m: "million", mm: "million", mn: "million", b: "billion", bn: "billion", tn: "trillion" },
};
/** Before these an amount of money is an adjective, and stays in the singular: "a five dollar bill". */
const PRICED =
  "bills?|notes?|coins?|fees?|fines?|tickets?|bets?|price|prices|checks?|cheques?|prizes?|discounts?|donations?|deposits?|gift cards?|coupons?|tips?|budgets?|loans?|deals?";

/** "1990-1995", "5–10": from what is less to what is more. Other numbers around a dash are scores, dates and codes. */
const rangeRules: readonly Rule[] = [
  {
    kind: "range",
    pattern:
      /(?<![\p{L}\p{N}.,:/$£€-])(\d+(?:,\d{3})*(?:\.\d+)?)(?:-|\s?–\s?)(\d+(?:,\d{3})*(?:\.\d+)?)(?![-–/:]?\p{N})/uy,
    write: ([, from, to]) => rangeWords(from as string, to as string),
  },
  // Of hours, the rule for times reads the ends.
  { kind: "range", pattern: /(?<=:\d\d(?:\s?[ap]\.?m\.?)?\s?)[-–](?=\s?\d{1,2}:\d\d)/iuy, write: () => "to" },
  { kind: "range", pattern: /(?<=\d\s?)[-–—](?=\s?[$£€]?\d)/uy, write: () => null },
  // Space between thousands: certain where nothing but thousands follows, or where the space does not break.
  {
    kind: "number",
    pattern: /(?<![\p{L}\p{N}.,:$£€-])[1-9]\d{0,2}(?:(?: 000)+|(?:[\u00a0\u2009\u202f]\d{3})+)(?![\p{N}]|[,.:]\d)/uy,
    write: ([written]) => amountWords(written.replace(/\s/g, "")),
  },
  {
    kind: "number",
    pattern: /(?<![\p{L}\p{N}.,:$£€-])[1-9]\d{0,2}(?: \d{3})+(?![\p{L}\p{N}]|[,.:]\d)/uy,
    write: () => null,
  },
  // Clocks of seconds, ratios, verses, addresses of machines.
  { kind: "time", pattern: /(?<![\p{N}:.])\d+(?::\d+){2,}/uy, write: () => null },
  { kind: "time", pattern: /(?<=\d):(?=\d)/uy, write: () => null },
  // A half, a quarter and three quarters are said in several ways, but not behind a whole number.
  {
    kind: "number",
    pattern: /(?<![\p{N}.,])(\d+)\s?([½¼¾])/uy,
    write: ([, whole, part]) => `${amountWords(whole as string)} and ${FRACTIONS[part as string]}`,
  },
  {
    kind: "number",
    pattern: /(?<![\p{N}.,])(\d{1,2})['′]\s?(\d{1,2})["″]/uy,
    write: ([, feet, inches]) => `${amountWords(feet as string)} foot ${amountWords(inches as string)}`,
  },
  { kind: "number", pattern: /(?<=\b)24\/7(?![\p{N}/])/uy, write: () => "twenty four seven" },
];
const FRACTIONS: Readonly<Record<string, string>> = { "½": "a half", "¼": "a quarter", "¾": "three quarters" };

/** In the order they are to be tried. */
export const amountRules: readonly Rule[] = [
  // Of several dollars, "US$5" says which.
  { kind: "currency", pattern: /(?<=\p{L})[$](?=\d)/uy, write: () => null },
  {
    kind: "currency",
    pattern: new RegExp(
      String.raw`(${SIGN})\s?${WHOLE}${DECIMALS}(?:\s?[-–]\s?\1?\s?${WHOLE}${DECIMALS})?(?:${SCALE})?(?![\p{L}\p{M}\d]|[,.]\d|[-–]\d|/)`,
      "iuy",
    ),
    write: (match) => moneyOf(match),
  },
  // Behind the number, as most of Europe writes it.
  {
    kind: "currency",
    pattern: new RegExp(String.raw`(?<![\p{N}.,])${WHOLE}${DECIMALS}\s?(${SIGN}|¢)(?![\p{L}\p{N}])`, "uy"),
    write: ([, whole, decimals, sign]) =>
      sign === "¢"
        ? centWords(whole as string, decimals)
        : moneyWords(sign as keyof typeof MONEY, whole as string, decimals),
  },
  ...rangeRules,
  // Whether "10k" is said as thousands or as the letter is not written; "5m" may be meters.
  { kind: "number", pattern: /(?<![\p{L}\p{N}.,])\d+(?:\.\d+)?[kK](?![\p{L}\p{N}])/uy, write: () => null },
  { kind: "number", pattern: /(?<![\p{L}\p{N}.,])\d+(?:\.\d+)?(?:\s?m|G)(?![\p{L}\p{N}'’])/uy, write: () => null },
  {
    kind: "number",
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}.,])${WHOLE}${DECIMALS}(?:M|mn|\s?bn)(?![\p{L}\p{N}])`, "uy"),
    write: ([written, whole, decimals]) =>
      `${amountWords(whole as string, decimals)} ${written.endsWith("bn") ? "billion" : "million"}`,
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
  { kind: "number", pattern: /(?<=^|[\s(])[-−](?=[$£€¥₹]?\.?\d)/uy, write: () => "minus" },
  {
    kind: "symbol",
    pattern: /(?<=(?<![\d.,])1\s?)°(?:\s?([CF])(?![\p{L}]))?/uy,
    write: ([, scale]) => degreeWords(true, scale),
  },
  {
    kind: "symbol",
    pattern: /(?<=\d\s?)°(?:\s?([CF])(?![\p{L}]))?/uy,
    write: ([, scale]) => degreeWords(false, scale),
  },
  { kind: "symbol", pattern: /#(?=\d)/uy, write: () => "number" },
  { kind: "symbol", pattern: /#(?=\p{L})/uy, write: () => "hashtag" },
  { kind: "symbol", pattern: /§\s?(?=\d)/uy, write: () => "section" },
  { kind: "symbol", pattern: /±(?=\s?\d)/uy, write: () => "plus or minus" },
  { kind: "symbol", pattern: /(?<=\d\s?)[×*](?=\s?\d)/uy, write: () => "times" },
  { kind: "symbol", pattern: /(?<=\d\s?)÷(?=\s?\d)/uy, write: () => "divided by" },
];

/** "$5", "$5 million", "$5-10", "a $5 bill" */
function moneyOf(match: RegExpExecArray): string {
  const [written, sign, whole, decimals, toWhole, toDecimals, scaleWord, scaleLetters] = match;
  const money = MONEY[sign as keyof typeof MONEY];
  const scale = scaleWord?.toLowerCase() ?? SCALES[(scaleLetters ?? "").toLowerCase()];
  const before = match.input.slice(Math.max(0, match.index - 9), match.index);
  const after = match.input.slice(match.index + written.length);
  const isPriced =
    new RegExp(String.raw`^[\s-](?:${PRICED})(?!\p{L})`, "iu").test(after) ||
    (/(?<!\p{L})(?:a|an|another|each|every)\s$/iu.test(before) && /^[\s-]\p{L}/u.test(after));
  const many = isPriced ? money.one : money.many;
  if (toWhole === undefined && !isPriced)
    return moneyWords(sign as keyof typeof MONEY, whole as string, decimals, scale);
  const to = toWhole === undefined ? [] : ["to", amountWords(toWhole, toDecimals)];
  return [amountWords(whole as string, decimals), ...to, scale, many].filter((word) => word !== undefined).join(" ");
}

function centWords(whole: string, decimals?: string): string {
  return `${amountWords(whole, decimals)} ${whole === "1" && decimals === undefined ? "cent" : "cents"}`;
}

function degreeWords(isOne: boolean, scale: string | undefined): string {
  const name = scale === "C" ? " celsius" : scale === "F" ? " fahrenheit" : "";
  return `degree${isOne ? "" : "s"}${name}`;
}

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

/** Null unless the second is more, or the end of a year that the first begins ("1914-18"). */
function rangeWords(from: string, to: string): string | null {
  if (/^0\d|^0$/.test(from) || /^0\d/.test(to)) return null;
  const [first, last] = [wholeValue(from), wholeValue(to)];
  const endsYear = /^(?:1\d|20)\d\d$/.test(from) && to.length === 2 && Number(from.slice(2)) < last;
  if (!endsYear && !(first < last)) return null;
  const read = (written: string) => {
    const [whole = "", decimals] = written.split(".");
    return numberWords(whole, decimals);
  };
  return `${read(from)} to ${read(to)}`;
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
