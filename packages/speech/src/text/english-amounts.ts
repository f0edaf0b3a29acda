/**
 * Patterns for written amounts (money, clock times, ordinals, plurals, plain numbers) and how each is read. A pattern
 * that does not fit whole does not match at all: "$5m" leaves its sign to be refused, since "five dollars m" would
 * teach a model the wrong sound.
 *
 * Two readings are guesses, the likelier ones in prose: four bare digits from 1000 to 2099 are a year, and digits with
 * a leading zero are read one by one.
 */

import { APOSTROPHES } from "./apostrophes.js";
import { UNIT } from "./english-abbreviations.js";
import {
  cardinalWords,
  digitWords,
  LARGEST_CARDINAL,
  minuteWords,
  ordinalWords,
  pluralWords,
  yearWords,
} from "./english-numbers.js";
import { rangeOfAmountsRules } from "./english-ranges.js";
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

/** What a range of bare numbers is in a report of a match: "lost 2-3 to Spain", "a 2-3 defeat", but "lost 2-3 pounds". */
const SCORED_BEFORE =
  /(?<!\p{L})(?:won|wins?|lost|loses?|losing|beat(?:s|en|ing)?|drew|scored?|score\s(?:of|was)|trail(?:s|ed|ing)|led|down|up)\s$/iu;
const SCORED_AFTER =
  /^(?:$|[.!?;,)]|\s(?:to|at|on|in|against|over|after|away|and|by|last|this|yesterday|today|for)(?!\p{L}))/iu;
const SCORE = /^\s(?:win|victory|defeat|loss|draw|score|scoreline|record|lead|vote)(?!\p{L})/iu;

/** What the time that something took comes after. */
const LASTED = /(?<!\p{L})(?:wait|waited|for|took|takes?|after|within|every|in|lasted|lasts)\s$/iu;
const MINUS_BEFORE =
  /(?:\(|(?<!\p{L})(?:of|at|to|from|between|below|above|than|is|was|and|or|by|around|about|nearly|reached|hit)\s)$/iu;

/** What makes a number with decimals no time. */
const MEASURED =
  String.raw`(?:\s?[$£€¥₹¢%‰°]|\s?(?:${UNIT}|percent|per|times|points?|[mb]illion|trillion|degrees|dollars|euros|pounds|` +
  String.raw`[a-z]*met(?:er|re)s)(?!\p{L}))`;
const IS_MEASURED = new RegExp(`^${MEASURED}`, "iu");
const QUARTERS = /^(?:[1-9]|1\d|2[0-3])\.(?:00|15|30|45)$/;
const HALF_OF_DAY = String.raw`\s?[ap]\.?m(?![\p{L}\p{M}])`;
/** Behind "5-10" with nothing between: what is not said behind each number ("10-12th", "5-10k"). */
const ENDS_IN_SUFFIX = new RegExp(String.raw`^(?:\s?(?:bn|mn)(?!\p{L})|(?!(?:${UNIT}|[ap]\.?m)(?!\p{L}))\p{L})`, "iu");

/** "1990-1995", "5–10": from what is less to what is more. Other numbers around a dash are scores, dates and codes. */
const rangeRules: readonly Rule[] = [
  {
    kind: "range",
    pattern:
      /(?<![\p{L}\p{N}.,:/$£€-])(\d+(?:,\d{3})*(?:\.\d+)?)(?:-|\s?–\s?)(\d+(?:,\d{3})*(?:\.\d+)?)(?![-–/:]?\p{N})/uy,
    write: (match) => rangeOf(match),
  },
  // Of hours, the rule for times reads the ends.
  { kind: "range", pattern: /(?<=:\d\d(?:\s?[ap]\.?m\.?)?\s?)[-–](?=\s?\d{1,2}:\d\d)/iuy, write: () => "to" },
  { kind: "range", pattern: /(?<=\d\s?)\p{Pd}(?=\s?[-−]?[$£€¥₹]?\.?\d)/uy, write: () => null },
  // A minus, or a dash of another width.
  { kind: "range", pattern: /(?<=\d)−(?=\s?\d)|(?<=\d\s)−(?=\s\d)/uy, write: () => null },
  // Of heights, the rule for feet and inches reads the ends.
  { kind: "range", pattern: /(?<=\d["″”'’′])[-‐‑–‒](?=\d)/uy, write: () => null },
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
    pattern: /(?<![\p{N}.,]|°\s?)(\d{1,2})['’′]\s?(\d{1,2})(?:["″”]|['’′]{2})/uy,
    write: ([, feet, inches]) => `${amountWords(feet as string)} foot ${amountWords(inches as string)}`,
  },
  { kind: "number", pattern: /(?<=\b)24\/7(?![\p{N}/])/uy, write: () => "twenty four seven" },
];
const FRACTIONS: Readonly<Record<string, string>> = { "½": "a half", "¼": "a quarter", "¾": "three quarters" };

/** Feet, behind a number that is no year: "six foot", "six feet". */
const FEET = new RegExp(String.raw`(?<=(?<!\p{L}-?\d*)\d)(?<!(?<!\d)(?:1\d|20)\d\d)[${APOSTROPHES}](?!\p{L})`, "uy");
/** Of a quotation that begins with no word ("'/usr/lib-2.0'"); those of words are taken out before. */
const OPENS_QUOTATION = new RegExp(String.raw`(?:^|[\s(])[${APOSTROPHES}](?![\s\p{L}\p{N}])[^${APOSTROPHES}]*$`, "u");
const PER =
  "seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?|nights?|weeks?|months?|mo|years?|yrs?|persons?|people|head|each|" +
  "miles?|mi|kilomet(?:er|re)s?|km|kg|lbs?";

/** Signs between or behind numbers, and numbers with several points or commas, that are said in several ways. */
const ambiguousRules: readonly Rule[] = [
  { kind: "number", pattern: /(?<![\p{N}.,])\d+(?:[.,]\d+)+/uy, write: ([figures]) => figuresWords(figures) },
  {
    kind: "symbol",
    pattern: FEET,
    write: ({ input, index }) => (OPENS_QUOTATION.test(lineBefore(input, index)) ? "" : null),
  },
  // "1/2", "5%/10%"; "5/day", "$5 million/year", but "A4/A5" are codes.
  { kind: "symbol", pattern: /(?<=[\d%°]\s?)[/\\](?=\s?\d)/uy, write: () => null },
  { kind: "symbol", pattern: /(?=\/\p{L})(?<=(?<![\p{L}\p{N}]|\p{L}-)\d+(?:[.,]\d+)*[%°]?)\//uy, write: () => null },
  {
    kind: "symbol",
    pattern: new RegExp(
      String.raw`(?=/)(?<=(?<![\p{L}\p{N}]|\p{L}-)\d+(?:[.,]\d+)*(?:[%°]|\s?\p{L}+|\s\p{L}+\s\p{L}+)?\s?)/(?=\s?(?:${PER})(?!\p{L}))`,
      "iuy",
    ),
    write: () => null,
  },
  { kind: "symbol", pattern: /¶(?=\s?\d)|(?<=\d)[·_](?=\d)/uy, write: () => null },
  {
    kind: "time",
    pattern: new RegExp(String.raw`(?<![\p{N}.,:$£€/])(\d+)\.(\d+)(?=${HALF_OF_DAY})`, "iuy"),
    write: ([time]) => dottedTimeWords(time),
  },
  // "At 5.30" is a time as well as a number.
  {
    kind: "time",
    pattern: new RegExp(
      String.raw`(?<=(?<!\p{L})at\s)(?:[1-9]|1[0-2])\.[0-5]\d(?![\p{L}\p{N}:/]|[.,]\d|${MEASURED})`,
      "iuy",
    ),
    write: () => null,
  },
];

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
  ...rangeOfAmountsRules,
  ...ambiguousRules,
  ...rangeRules,
  // "2x as big" is twice, two times, or two x.
  { kind: "number", pattern: /(?<![\p{L}\p{N}.,$£€])\d+(?:\.\d+)?[xX](?![\p{L}\p{N}])/uy, write: () => null },
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
    pattern: new RegExp(
      String.raw`[${APOSTROPHES}]?(?!1000)([2-9]0|[12]\d\d0)[${APOSTROPHES}]?s(?![\p{L}\p{M}])`,
      "iuy",
    ),
    write: ({ input, index, 0: written, 1: digits = "" }) => {
      // "In 20s" may be seconds.
      const isTimed = /^\d0s/.test(written) && LASTED.test(input.slice(Math.max(0, index - 10), index));
      return isTimed ? null : pluralWords(wholeWords(digits));
    },
  },
  {
    kind: "number",
    pattern: new RegExp(String.raw`(\d+)[${APOSTROPHES}]s(?![\p{L}\p{M}])`, "iuy"),
    write: ([, digits]) => `${wholeWords(digits as string)}'s`,
  },
  {
    kind: "number",
    pattern: new RegExp(String.raw`${WHOLE}s(?![\p{L}\p{M}])`, "iuy"),
    write: ({ input, index, 1: digits = "" }) => pluralNumberWords(digits, input.slice(Math.max(0, index - 1), index)),
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
  // Many programs write a minus so; others, or people, a pause.
  {
    kind: "number",
    pattern: /(?<=^|[\s(])[–‒](?=[$£€¥₹]?\.?\d)/uy,
    write: ({ input, index }) => (MINUS_BEFORE.test(input.slice(Math.max(0, index - 10), index)) ? "minus" : null),
  },
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
  { kind: "symbol", pattern: /(?:±|\+\/[-−–])(?=\s?\d)/uy, write: () => "plus or minus" },
  { kind: "symbol", pattern: /(?<=\d\s?)[×*](?=\s?\d)/uy, write: () => "times" },
  { kind: "symbol", pattern: /(?<=\d\s?)÷(?=\s?\d)/uy, write: () => "divided by" },
];

/** "100s of people", "747s"; of fewer than a hundred it may be seconds ("5s"), but not in "under-21s". */
function pluralNumberWords(written: string, before: string): string | null {
  const value = wholeValue(written);
  const round = { 100: "hundreds", 1000: "thousands", 1000000: "millions", 1000000000: "billions" }[value];
  if (round !== undefined) return round;
  if (/^10+$/.test(String(value)) || (value < 100 && !/[\p{L}\p{Pd}]/u.test(before))) return null;
  return pluralWords(wholeWords(written));
}

/** "$5", "$5 million", "$5-10", "a $5 bill" */
function moneyOf(match: RegExpExecArray): string | null {
  const [written, sign, whole = "", allDecimals, toWhole, allToDecimals, scaleWord, scaleLetters] = match;
  const money = MONEY[sign as keyof typeof MONEY];
  const scale = scaleWord?.toLowerCase() ?? SCALES[(scaleLetters ?? "").toLowerCase()];
  const [decimals, toDecimals] = [allDecimals, allToDecimals].map((digits) =>
    digits === "00" && scale === undefined ? undefined : digits,
  );
  const before = match.input.slice(Math.max(0, match.index - 9), match.index);
  const after = match.input.slice(match.index + written.length);
  const isPriced =
    new RegExp(String.raw`^[\s-](?:${PRICED})(?!\p{L})`, "iu").test(after) ||
    (/(?<!\p{L})(?:a|an|another|each|every)\s$/iu.test(before) && /^[\s-]\p{L}/u.test(after));
  const many = isPriced ? money.one : money.many;
  const read = (amount: string, part?: string) => moneyWords(sign as keyof typeof MONEY, amount, part, scale);
  const hasCents = scale === undefined && (decimals?.length === 2 || toDecimals?.length === 2);
  // "A $5.20 ticket" is five twenty, or five dollars twenty.
  if (isPriced && hasCents) return null;
  if (toWhole === undefined) {
    return isPriced
      ? [amountWords(whole, decimals), scale, many].filter((word) => word !== undefined).join(" ")
      : read(whole, decimals);
  }
  // A second sentence may begin: "He paid $5 – 10 people saw it".
  const isPause = /\s[-–]|[-–]\s/.test(written) && written.lastIndexOf(sign as string) === 0;
  if (isPause && scale === undefined && !isPriced && /^\s\p{L}/u.test(after)) return null;
  const [least, most] = [moneyValue(whole, decimals), moneyValue(toWhole, toDecimals)];
  // "$900,000-$1.2 million" rises, and "$10-$5 million" may do so.
  if (!(least < most) && !(scale !== undefined && scale !== "hundred" && least >= 1000 && most < 1000)) return null;
  if (hasCents) return `${read(whole, decimals)} to ${read(toWhole, toDecimals)}`;
  const words = [amountWords(whole, decimals), "to", amountWords(toWhole, toDecimals), scale, many];
  return words.filter((word) => word !== undefined).join(" ");
}

/** What of a place's line stands before it; no more than anything there could depend on. */
function lineBefore(input: string, index: number): string {
  const start = Math.max(0, index - 200, input.lastIndexOf("\n", index - 1));
  return start === 0 ? input.slice(0, index) : `x${input.slice(start, index)}`;
}

function moneyValue(whole: string, decimals = "0"): number {
  return Number(`${whole.replaceAll(",", "")}.${decimals}`);
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

/** "5-10", and of times with dots "9-10.30am". */
function rangeOf({ input, index, 0: written, 1: from = "", 2: to = "" }: RegExpExecArray): string | null {
  const after = input.slice(index + written.length);
  if (ENDS_IN_SUFFIX.test(after)) return null;
  const before = input.slice(Math.max(0, index - 14), index);
  if (SCORE.test(after) || (SCORED_BEFORE.test(before) && SCORED_AFTER.test(after))) return null;
  const areTimes = /\./.test(written) && new RegExp(`^${HALF_OF_DAY}`, "iu").test(after);
  // "7.30-8.00" may be hours.
  if (!areTimes && QUARTERS.test(from) && QUARTERS.test(to) && !IS_MEASURED.test(after)) return null;
  if (!areTimes) return rangeWords(from, to);
  const [first, last] = [dottedTimeWords(from), dottedTimeWords(to)];
  return first === null || last === null || !(Number(from) < Number(to)) ? null : `${first} to ${last}`;
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

/** "9" and "9.30" before "am"; null for what is no hour ("9.5"). */
function dottedTimeWords(time: string): string | null {
  const [, hours, minutes = "00"] = /^([01]?\d|2[0-3])(?:\.([0-5]\d))?$/.exec(time) ?? [];
  return hours === undefined ? null : timeWords(Number(hours), Number(minutes), true);
}

/**
 * Null for decimal commas, dates, versions and addresses of machines, which are told by no sign ("1,5", "25.12.2020",
 * "10.15.7"); undefined for other numbers, lists ("1,2,3") and sections ("1.2.3").
 */
function figuresWords(figures: string): null | undefined {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(figures)) return undefined;
  const groups = figures.split(/[.,]/);
  if (!figures.includes(","))
    return groups.length > 2 && groups.slice(1).some(({ length }) => length > 1) ? null : undefined;
  if (figures.includes(".")) return null;
  const isList = groups.length > 2 && groups.every(({ length }) => length !== 3);
  return isList || groups.every((group) => /^(?:1\d|20)\d\d$/.test(group)) ? undefined : null;
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
