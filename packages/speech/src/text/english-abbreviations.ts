/**
 * Abbreviations, units of measure and the months: words that are written short. What is short for several
 * words is read where its neighbours tell which ("St. Paul", "Main St."), and refused elsewhere.
 */
import { cardinalWords, ordinalWords } from "./english-numbers.js";
import { MAY_BE_ROMAN, romanRules } from "./english-roman.js";
import type { Rule } from "./normalise-rule.js";

/** No words themselves, so that they need no full stop. */
const BARE = { mr: "mister", mrs: "missus", dr: "doctor", vs: "versus" };
const DOTTED: Readonly<Record<string, string>> = {
  ...BARE,
  ...{ adm: "admiral", capt: "captain", cmdr: "commander", col: "colonel", cpl: "corporal", gen: "general" },
  ...{ gov: "governor", lt: "lieutenant", maj: "major", prof: "professor", pvt: "private" },
  ...{ rev: "reverend", sen: "senator", sgt: "sergeant", supt: "superintendent" },
  ...{ esq: "esquire", jr: "junior", sr: "senior", messrs: "messieurs" },
  ...{ etc: "et cetera", approx: "approximately", dept: "department", govt: "government", misc: "miscellaneous" },
  ...{ assn: "association", bros: "brothers", co: "company", corp: "corporation", inc: "incorporated", ltd: "limited" },
  ...{ ave: "avenue", blvd: "boulevard", hwy: "highway", mt: "mount", mts: "mountains", pkwy: "parkway", rd: "road" },
  ...{
    jan: "january",
    feb: "february",
    apr: "april",
    aug: "august",
    sept: "september",
    oct: "october",
    nov: "november",
  },
  ...{ sep: "september", dec: "december", mon: "monday", tue: "tuesday", tues: "tuesday", thu: "thursday" },
  ...{ thur: "thursday", thurs: "thursday", fri: "friday", hrs: "hours", yrs: "years", lbs: "pounds" },
};
/** Words themselves, so that they are short for something only with a capital before a number, a comma or the like. */
const CAPITAL: Readonly<Record<string, string>> = {
  ...{ mar: "march", jun: "june", jul: "july", wed: "wednesday", sat: "saturday", sun: "sunday" },
};
/** Before a number. */
const COUNTED: Readonly<Record<string, string>> = {
  ...{
    no: "number",
    nos: "numbers",
    vol: "volume",
    ch: "chapter",
    fig: "figure",
    sec: "section",
    p: "page",
    pp: "pages",
  },
};
const MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december";
const CAPITAL_MONTHS =
  "January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec";
const SHORT_MONTHS = "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec";

const WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun";
/** Months and days of the week, in full or short. */
export const CALENDAR_NAMES = `${MONTHS}|${SHORT_MONTHS}|${WEEKDAYS}`;

const START = String.raw`(?<!\p{L}\p{M}*)`;
const END = String.raw`(?![\p{L}\p{M}])`;
const alternatives = (words: object) => Object.keys(words).join("|");

/** One and many of each unit. */
export const UNITS: Readonly<Record<string, readonly [string, string]>> = {
  ...{ km: ["kilometer", "kilometers"], cm: ["centimeter", "centimeters"], mm: ["millimeter", "millimeters"] },
  ...{
    kg: ["kilogram", "kilograms"],
    mg: ["milligram", "milligrams"],
    lb: ["pound", "pounds"],
    lbs: ["pound", "pounds"],
  },
  ...{
    oz: ["ounce", "ounces"],
    ft: ["foot", "feet"],
    mi: ["mile", "miles"],
    yd: ["yard", "yards"],
    yds: ["yard", "yards"],
  },
  ...{ ml: ["milliliter", "milliliters"], hz: ["hertz", "hertz"], khz: ["kilohertz", "kilohertz"] },
  ...{ mhz: ["megahertz", "megahertz"], ghz: ["gigahertz", "gigahertz"], kb: ["kilobyte", "kilobytes"] },
  ...{ mb: ["megabyte", "megabytes"], gb: ["gigabyte", "gigabytes"], tb: ["terabyte", "terabytes"] },
  ...{ kw: ["kilowatt", "kilowatts"], mw: ["megawatt", "megawatts"], kwh: ["kilowatt hour", "kilowatt hours"] },
  ...{ mph: ["mile per hour", "miles per hour"], kph: ["kilometer per hour", "kilometers per hour"] },
  ...{ kmh: ["kilometer per hour", "kilometers per hour"], "km/h": ["kilometer per hour", "kilometers per hour"] },
  ...{ "m/s": ["meter per second", "meters per second"], hr: ["hour", "hours"], hrs: ["hour", "hours"] },
  ...{ yr: ["year", "years"], yrs: ["year", "years"], min: ["minute", "minutes"], mins: ["minute", "minutes"] },
  ...{ secs: ["second", "seconds"], ms: ["millisecond", "milliseconds"] },
};
/** Those that are no words, and stand for nothing else, where no number is before them. */
const BARE_UNITS = "km|cm|kg|mg|ml|khz|mhz|ghz|kb|mb|gb|kw|kwh|mph|kph|kmh|km/h|lbs";
/** All of them, as alternatives of a pattern. */
export const UNIT = Object.keys(UNITS)
  .sort((a, b) => b.length - a.length)
  .join("|");
/** Short for units, or said as letters, or words. */
const UNREAD_UNITS = "[ghlLVW]|dl|cl|dm|nm|tsp|tbsp|pts?|qts?|gals?|sq|kJ|kcal|kV|ha";
const NUMBER_WORD =
  "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|[a-z]+ty|hundred|thousand|million";

/** What a text of ASCII letters must hold for any of these rules to match: most texts hold none of it. */
export const MAY_BE_SHORT = new RegExp(`\\b(?:${alternatives(BARE)}|${BARE_UNITS}|st|phd|${MAY_BE_ROMAN})\\b`, "i");

/** In the order they are to be tried. */
export const abbreviationRules: readonly Rule[] = [
  {
    kind: "unit",
    pattern: new RegExp(String.raw`(?<=(\p{N})\s?)(${UNIT})${END}(?!²|³|/)\.?(?=$|[\s.,;:!?)\]"'’”%…\p{Pd}])`, "iuy"),
    write: (match) => unitWords(match),
  },
  // "5 mi/h", "5ft6"
  {
    kind: "unit",
    pattern: new RegExp(String.raw`(?<=\p{N}\s?)(?:${UNIT})(?=\p{N}|/)`, "iuy"),
    write: () => null,
  },
  {
    kind: "unit",
    pattern: new RegExp(
      String.raw`(?=[a-zLVW])(?<=(?<![\p{L}\p{N}.,${"$"}£€¥₹])\d+(?:[.,]\d+)*\s?)(?:${UNREAD_UNITS})(?![\p{L}\p{M}\p{N}'’&]|\.\s?\p{Lu})`,
      "uy",
    ),
    write: () => null,
  },
  // Inches: "5in", "10 in.", "5 ft 3 in tall".
  {
    kind: "unit",
    pattern: /(?:(?<=\d)|(?<=\d\s?(?:ft\.?|feet|foot),?\s\d+(?:\.\d+)?\s))in(?![\p{L}\p{M}])|(?<=\d\s)in\.(?!\.)/uy,
    write: () => null,
  },
  // By, or times; but "0x1F" is spelt.
  { kind: "symbol", pattern: /(?<=\d['’′"″]?\s?)(?<!(?<!\d)0)x(?=\s?\d)/iuy, write: () => null },
  {
    kind: "unit",
    pattern: new RegExp(
      String.raw`(?<=${START}(?:(per|a|an|each|every|one|half)|${NUMBER_WORD})\s)(${BARE_UNITS})${END}`,
      "iuy",
    ),
    write: ([, one, unit]) => UNITS[(unit as string).toLowerCase()]?.[one === undefined ? 1 : 0],
  },
  // Meters, minutes or millions.
  { kind: "unit", pattern: new RegExp(String.raw`(?<=\p{N}\s)m${END}(?!['’])`, "uy"), write: () => null },
  { kind: "unit", pattern: new RegExp(`${START}(?:${BARE_UNITS})${END}`, "iuy"), write: () => null },
  {
    kind: "date",
    pattern: new RegExp(
      String.raw`${START}((?:${SHORT_MONTHS})\.?|${MONTHS})\s(\d{1,2})(?![\p{L}\p{N}%]|[-–:./]\d|,\d(?!\d{3}(?!\d))|\s?[-–]\s?\d)`,
      "iuy",
    ),
    write: (match) => dateWords(match),
  },
  // "Five May", or "the fifth of May".
  {
    kind: "date",
    pattern: new RegExp(String.raw`(?<![\p{L}\p{N}.,:/$£€-])\d{1,2}(?=\s(?:${CAPITAL_MONTHS})(?!\p{L}))`, "uy"),
    write: () => null,
  },
  {
    kind: "abbreviation",
    pattern: new RegExp(
      String.raw`${START}(?:(${alternatives(BARE)})${END}\.?|(${alternatives(DOTTED)})\.(?![\p{L}\p{N}]))`,
      "iuy",
    ),
    write: (match) => {
      if (match[1]?.toLowerCase() === "dr") return doctorOrDrive(match);
      if (isWordOfItsOwn(match)) return undefined;
      return isJanOfAName(match) ? null : DOTTED[(match[1] ?? (match[2] as string)).toLowerCase()];
    },
  },
  {
    kind: "abbreviation",
    pattern: new RegExp(
      String.raw`${START}(\p{Lu})(\p{Ll}{2})\.(?=,|\s(?:\d|at |and |to |the \d|${MONTHS}|${SHORT_MONTHS}))`,
      "uy",
    ),
    write: ([, capital, rest]) => CAPITAL[`${capital}${rest}`.toLowerCase()],
  },
  {
    kind: "abbreviation",
    pattern: new RegExp(String.raw`${START}(${alternatives(COUNTED)})\.\s?(?=\d)`, "iuy"),
    write: (match) => countedWords(match),
  },
  { kind: "abbreviation", pattern: new RegExp(String.raw`${START}ph\.?\s?d\.?${END}`, "iuy"), write: () => "p h d" },
  {
    kind: "abbreviation",
    pattern: new RegExp(String.raw`${START}(St|ST)(\.|(?=\s\p{Lu}))${END}`, "uy"),
    write: (match) => saintOrStreet(match),
  },
  {
    kind: "abbreviation",
    pattern: new RegExp(String.raw`${START}(Ft)\.(?=\s\p{Lu})`, "uy"),
    write: () => "fort",
  },
  {
    kind: "abbreviation",
    pattern: /(?<![\p{L}&])[A-Z]{1,3}(?:&[A-Z]{1,3})+(?![\p{L}&])/uy,
    write: ([name]) => [...name.toLowerCase()].map((c) => (c === "&" ? "and" : c)).join(" "),
  },
  { kind: "abbreviation", pattern: /(?<![\p{L}\p{N}])w\/o?(?![\p{L}/])/iuy, write: () => null },
  // "Et cetera"; and what a page of the web writes for a sign: "&amp;".
  { kind: "symbol", pattern: /&(?:amp|lt|gt|quot|apos|nbsp|#\d+);/iuy, write: () => null },
  { kind: "abbreviation", pattern: /(?<![\p{L}\p{N}&])&c(?![\p{L}\p{N}&])/iuy, write: () => null },
  ...romanRules,
];

/** What is seldom refused: "the no. 1 team", "room no. 20". */
const BEFORE_NUMBER =
  /(?<!\p{L})(?:the|our|their|its|my|his|her|your|world|room|house|platform|bus|track|item|flight|question|op|opus|flat|order|lot|sonata|symphony|concerto|quartet|apartment|invoice|building|gate|bill|case|ticket|serial|phone|telephone|license|registration|account|model|batch)\s$/iu;

/** "No. 5"; a sentence may end in "no", and the next begin with a number (null). */
function countedWords({ input, index, 0: written, 1: short = "" }: RegExpExecArray): string | null | undefined {
  const isWord = /^(?:no|sec)$/.test(short) && /\s$/.test(written);
  if (
    isWord &&
    !/[([,;]\s?$|^$/.test(input.slice(0, index).slice(-2)) &&
    !BEFORE_NUMBER.test(input.slice(Math.max(0, index - 16), index))
  )
    return null;
  return COUNTED[short.toLowerCase()];
}

/** "The engine began to rev.": a word at a sentence's end is short for nothing. */
function isWordOfItsOwn({ input, index, 0: written }: RegExpExecArray): boolean {
  return /^rev\.$/.test(written) && !/^\s\p{Lu}/u.test(input.slice(index + written.length));
}

function unitWords(match: RegExpExecArray): string | null | undefined {
  const { input, index } = match;
  const written = match[2] as string;
  const before = input.slice(Math.max(0, index - 12), index);
  const isOne = /(?<![\d.,:/-])1\s?$/.test(before);
  return UNITS[written.toLowerCase()]?.[isOne ? 0 : 1];
}

/** "I saw Jan.": at a sentence's end it is short for nothing, or for the month. */
function isJanOfAName({ input, index, 0: written }: RegExpExecArray): boolean {
  if (!/^jan\.$/i.test(written) || !/^(?:\s*$|\s+\p{Lu})/u.test(input.slice(index + written.length))) return false;
  return !/(?<!\p{L})(?:in|since|last|next|this|of|by|until|from)\s$/iu.test(
    input.slice(Math.max(0, index - 7), index),
  );
}

/** What a number stands before, and a date seldom or never: "March 5 miles", "March 5 million". */
const MEASURED = new RegExp(
  String.raw`^\s?(?:times|degrees|dollars|euros|cents|pounds|${UNIT}|miles|(?:kilo)?met(?:er|re)s|feet|inches|yards|` +
    String.raw`minutes|hours|days|weeks|months|years)(?![\p{L}\p{M}])`,
  "iu",
);
const SCALED = /^\s?(?:%|(?:hundred|thousand|million|billion|trillion|percent|per\scent)(?!\p{L}))/iu;
/** What may follow a date that should have had "on", but not a count. */
const NOT_COUNTED =
  /^(?:an?|the|i|you|he|she|it|we|they|my|your|his|her|its|our|their|this|that|these|those|there|at|by|for|from|in|on|with|was|is|when|while|last|next)$/i;
const PLURAL = /^(?!(?:was|has|his|its|this|always|perhaps|besides)$)(?:people|men|women|children|[a-z]{3,}s)$/;

/** "March 5" is "march fifth"; "march 5 miles" is not a date, nor is "you may 5". */
function dateWords({ input, index, 0: written, 1: month = "", 2: digits }: RegExpExecArray): string | null | undefined {
  const day = Number(digits);
  const isNamed = /^\p{Lu}/u.test(written);
  if (day < 1 || day > 31 || (!isNamed && /^(?:may|march|mar|dec|jun|jul|sep|oct|nov|jan|feb|apr|aug)$/i.test(month)))
    return undefined;
  const plain = month.replace(/\.$/, "").toLowerCase();
  const name = MONTHS.split("|").find((full) => full.startsWith(plain.slice(0, 3)));
  const isDay = isDayOfMonth(input.slice(Math.max(0, index - 12), index), input.slice(index + written.length));
  return isDay === null ? null : name && `${name} ${isDay ? ordinalWords(day) : cardinalWords(day)}`;
}

/** "In March 20 people died" counts people, as days have "on"; "since March 20 people died" may be either (null). */
function isDayOfMonth(before: string, after: string): boolean | null {
  const preposition = /(?<!\p{L})(\p{L}+)[\s-]$/u.exec(before)?.[1]?.toLowerCase() ?? "";
  if (SCALED.test(after)) return false;
  if (/^(?:on|the)$/.test(preposition)) return true;
  if (MEASURED.test(after)) return false;
  const word = /^\s(\p{L}[\p{L}\p{M}'’]*)/u.exec(after)?.[1];
  if (word === undefined || NOT_COUNTED.test(word)) return true;
  if (/^(?:in|during|throughout|early|mid|late)$/.test(preposition)) return /^\p{Ll}/u.test(word) ? false : null;
  const isAmbiguous =
    PLURAL.test(word) &&
    /^(?:by|since|until|till|before|after|from|through|each|every|last|this|next)$/.test(preposition);
  return isAmbiguous ? null : true;
}

/** Words that begin sentences, and so have a capital without being names. */
const NO_NAMES =
  "He|She|It|We|You|They|I|A|An|The|This|That|These|Those|There|Then|And|But|So|In|On|At|By|For|From|To|When|Where|What|Who|" +
  "Why|How|If|As|My|Your|His|Her|Our|Their|Its|Is|Are|Was|Were|Dear|Good|Hello|Hey|Hi|No|Oh|Okay|Ok|Sorry|Thanks|Well|Yes";
/** Not in capitals alone, which say nothing. */
const ENDS_IN_NAME = new RegExp(
  String.raw`(?<![\p{L}\p{N}'’])(?!(?:${NO_NAMES})\s)\p{Lu}[\p{L}\p{M}'’]*\p{Ll}\p{M}*\s$`,
  "u",
);
const STARTS_WITH_NAME = new RegExp(
  String.raw`^\s(?!(?:${NO_NAMES})${END})(?:\p{Lu}|(?:von|van|de|della|di|du|la|le|el|al|bin|ter|ten|zu)\s)`,
  "u",
);

/** A doctor, unless a name stands before and none behind: a drive. Null where both may be. */
function doctorOrDrive({ input, index, 0: written }: RegExpExecArray): string | null {
  const before = input.slice(Math.max(0, index - 80), index);
  const after = input.slice(index + written.length);
  const isNumbered = /\d\s(?:\p{L}[\p{L}\p{M}'’]*\s){1,3}$/u.test(before);
  if (!ENDS_IN_NAME.test(before)) return isNumbered && /^\s*(?:$|,)/.test(after) ? null : "doctor";
  if (STARTS_WITH_NAME.test(after)) return isNumbered ? null : "doctor";
  // A capital at a sentence's start may be any word's.
  const isFirst = /(?:^|[.!?:]\P{L}*\s)\P{L}*[\p{L}\p{M}'’]+\s$/u.test(before);
  return isFirst && !isNumbered ? null : "drive";
}

/** A saint before a name, a street after one; null where both may be. */
function saintOrStreet({ input, index, 0: written }: RegExpExecArray): string | null {
  const start = input.slice(Math.max(0, index - 80), index);
  const before = /(\p{L}[\p{L}\p{M}'’]*)\s$/u.exec(start)?.[1];
  const followsName = before !== undefined && /^\p{Lu}/u.test(before);
  const precedesName = /^\s\p{Lu}/u.test(input.slice(index + written.length));
  const isFirst = start.length === index && start.trim() === (before ?? "");
  if (precedesName && (!followsName || isFirst)) return "saint";
  return followsName && !precedesName ? "street" : null;
}
