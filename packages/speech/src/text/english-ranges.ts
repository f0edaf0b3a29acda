/**
 * Dashes between amounts that carry their units ("9am–5pm", "5kg-10kg", "$5M-$10M"), and between what else is counted:
 * a dash that is dropped there takes the "to" with it, or what else was said. Of bare numbers ("5-10 kg") the rules are
 * among those for amounts.
 */

import { CALENDAR_NAMES, UNIT, UNITS } from "./english-abbreviations.js";
import type { Rule } from "./normalise-rule.js";

const SIGN = "[$£€¥₹]";
const SCALES: Readonly<Record<string, number>> = {
  ...{ hundred: 1e2, thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12 },
  ...{ k: 1e3, m: 1e6, mn: 1e6, b: 1e9, bn: 1e9, tn: 1e12 },
};
const PARTS: Readonly<Record<string, number>> = { "½": 0.5, "¼": 0.25, "¾": 0.75 };
const AMOUNT = [
  String.raw`(?:(?<named>noon|midday|midnight)|(?<minus>(?<=^|[\s(])[-−])?(?<sign>${SIGN})?\s?`,
  String.raw`(?<number>\d{1,2}[:.]\d\d(?=\s?[ap]\.?m)|\d+(?:,\d{3})*(?:\.\d+)?)`,
  String.raw`(?:\s?(?<part>[½¼¾]))?(?:\s?(?<scale>${Object.keys(SCALES).join("|")})(?!\p{L}))?`,
  String.raw`(?:\s?(?<unit>%|per\scent|°\s?[CF]?|¢|${SIGN}|st|nd|rd|th|['’]?s|[ap]\.?m\.?|${UNIT}|\p{L}{2,}))?)`,
].join("");
const BEFORE = new RegExp(String.raw`(?<![\p{L}\p{N}.,:/])${AMOUNT}\s?$`, "iu");
const AFTER = new RegExp(String.raw`^\s?['’]?${AMOUNT}(?![\p{L}\p{N}]|[.,:]\d)`, "iu");
/** Longer than any amount that is written with its unit. */
const REACH = 48;

const singular = (name: string) => name.replace(/s$/, "");
/** Words behind a number that are certainly its unit; others may begin a compound ("5 covid-19 patients"). */
const KNOWN = new Set([
  ...Object.values(UNITS).map(([, many]) => singular(many)),
  ...["$", "£", "€", "¥", "₹", "¢", "%", "°", "°c", "°f", "count", "time", "ordinal", "decade"],
  ...["dollar", "euro", "cent", "degree", "foot"],
]);

const NAME = String.raw`(?:${CALENDAR_NAMES})(?!\p{L})`;
const DAY = String.raw`(?:\s\d{1,4}(?:st|nd|rd|th)?(?:,\s\d{4})?)?`;

/** In the order they are to be tried; before the rules for dashes between bare numbers. */
export const rangeOfAmountsRules: readonly Rule[] = [
  { kind: "range", pattern: /[\p{Pd}−]{1,2}/uy, write: (match) => dashWords(match) },
  // "Monday–Friday", "March 20–April 5": to, or through.
  {
    kind: "range",
    pattern: new RegExp(String.raw`(?=\p{Pd})(?<=(?<!\p{L})${NAME}\.?${DAY}\s?)[-‐‑–‒](?=\s?${NAME})`, "iuy"),
    write: () => null,
  },
  {
    kind: "range",
    pattern: new RegExp(String.raw`(?<=\d(?:st|nd|rd|th)?)[-‐‑–‒](?=${NAME})`, "iuy"),
    write: () => null,
  },
  // "9am-late", "1990s–early 2000s"
  {
    kind: "range",
    pattern: /(?<=\d(?:0['’]?s|\s?[ap]\.?m\.?))[-‐‑–‒](?=(?:early|mid|late|close|dusk|sunset)(?!\p{L}))/iuy,
    write: () => null,
  },
  // "Q1–Q4", "#1-#5", "page 5–page 10"
  {
    kind: "range",
    pattern: /(?<=(?<![\p{L}\p{N}])([\p{L}#§]+\.?)\s?\d+\s?)[-‐‑–‒](?=\s?\1\s?\d)/uy,
    write: () => null,
  },
  { kind: "range", pattern: /(?<=(?<![\p{L}\p{N}])A)[-‐‑–‒](?=Z(?![\p{L}\p{N}]))/iuy, write: () => "to" },
  {
    kind: "range",
    pattern:
      /(?<=(?<![\p{L}\p{N}])[12]\d{3}(?:['’]?s)?)[-‐‑–‒](?=(?:present|now|today)(?!\p{L}))|(?<=[12]\d{3}s?\s)–(?=\spresent(?!\p{L}))/iuy,
    write: () => "to",
  },
];

/** The named groups of `AMOUNT`. */
interface Written {
  named?: string;
  minus?: string;
  sign?: string;
  number?: string;
  part?: string;
  scale?: string;
  unit?: string;
}

interface Amount extends Written {
  /** What is counted; empty for a bare number. */
  kind: string;
  value: number;
}

function amountOf({ 0: all, groups = {} }: RegExpExecArray): Amount | undefined {
  const written: Written = groups;
  const { minus, sign, number = "", part = "", scale = "" } = written;
  // "4 M-16 rifles"
  if (scale.length === 1 && sign === undefined && /\d\s/.test(all)) return undefined;
  const size = Number(number.replaceAll(",", "")) + (PARTS[part] ?? 0);
  const value = size * (SCALES[scale.toLowerCase()] ?? 1);
  return { ...written, kind: kindOf(written), value: minus === undefined ? value : -value };
}

function kindOf({ named, sign, scale, unit = "" }: Written): string {
  const written = unit.toLowerCase().replace(/[\s.'’]/g, "");
  if (named !== undefined || /^[ap]m$/.test(written)) return "time";
  if (/^(?:st|nd|rd|th)$/.test(written)) return "ordinal";
  if (written === "s") return "decade";
  if (written === "percent") return "%";
  const name = sign ?? singular(UNITS[written]?.[1] ?? written);
  return name === "" && scale !== undefined ? "count" : name;
}

/** "To" in a range that rises; null where something was said that the dash does not tell; undefined for a pause. */
function dashWords({ input, index, 0: dash }: RegExpExecArray): "to" | null | undefined {
  const start = input.slice(Math.max(0, index - REACH), index);
  const rest = input.slice(index + dash.length, index + dash.length + REACH);
  const [first, second] = [BEFORE.exec(start), AFTER.exec(rest)];
  const from = first === null ? undefined : amountOf(first);
  const to = second === null ? undefined : amountOf(second);
  if (first === null || from === undefined || (from.kind === "" && from.part === undefined)) return undefined;
  const isKnown = from.kind === "" || KNOWN.has(from.kind);
  const isLong = !/^[-‐‑–‒]$/.test(dash);
  const [spaceBefore, spaceAfter] = [/\s$/.test(start), /^\s/.test(rest)];
  const isTight = !spaceBefore && !spaceAfter;
  const isMinus = spaceBefore && !spaceAfter;
  if (second === null || to === undefined) {
    return isKnown && !isLong && !isMinus && /^\s?[-−+]?\s?[$£€¥₹]?\.?\d/.test(rest) ? null : undefined;
  }
  if (!isSameUnit(from, to)) {
    // After a space it may be a pause: "5% – 10 people voted"; or a minus.
    const isPause = isLong || isMinus || (!isTight && to.kind !== "" && !KNOWN.has(to.kind));
    return isKnown && !isPause ? null : undefined;
  }
  if (isLong) return isKnown ? null : undefined;
  const isChain =
    /\p{N}\s?\p{Pd}\s?$/u.test(start.slice(0, first.index)) || /^\s?\p{Pd}\s?\d/u.test(rest.slice(second[0].length));
  const isCertain = spaceBefore === spaceAfter && !isChain && (isKnown || isTight);
  return isCertain && isRising(from, to) ? "to" : null;
}

/** "5kg-10kg"; "5°–10°C", "1½-2 cups" and "5 million-10 million people" have theirs at the end. */
function isSameUnit(from: Amount, to: Amount): boolean {
  if (from.kind === "") return true;
  if (from.kind === "count") return to.scale !== undefined && to.sign === undefined;
  return to.kind === from.kind || (from.kind === "°" && to.kind.startsWith("°"));
}

/** Hours go round the clock; of decades "80s-90s" may be one behind the other. */
function isRising(from: Amount, to: Amount): boolean {
  if (to.minus !== undefined) return false;
  if (from.kind === "time") return true;
  if (from.kind === "decade" && ![from, to].every(({ number = "" }) => /^[12]\d\d0$/.test(number))) return false;
  return from.value < to.value;
}
