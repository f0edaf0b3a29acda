/** Roman numerals: read where what stands before them tells how they are said, refused where it does not. */
import { cardinalWords } from "./english-numbers.js";
import type { Rule } from "./normalise-rule.js";

const START = String.raw`(?<!\p{L}\p{M}*)`;
/** A possessive may follow: "Henry VIII's". */
const END_OF_NUMERAL = String.raw`(?![\p{L}\p{M}\p{N}]|['’](?!s(?!\p{L})))`;

/** What is counted in Roman numerals, of which one letter may be such; with capitals. */
const PARTS = String.raw`World\sWar|Chapter|Part|Volume|Act|Scene|Book|Article|Title|Phase|Stage|Appendix`;
const TITLES = "King|Queen|Emperor|Empress|Pope|Tsar|Czar|Kaiser|Sultan";
const RULERS =
  `${TITLES}|James|Charles|Elizabeth|Henry|Edward|George|William|Richard|Mary|Napoleon|Francis|Louis|Philip|Alexander|` +
  "Nicholas|Peter|Frederick|Ferdinand|Leopold|Otto|Pius";

/** What a text of ASCII letters must hold for one of these rules to match, without regard to case. */
export const MAY_BE_ROMAN = `[ivx]{2,}|[ivxlc]{4,}|(?:${PARTS}|(?:${RULERS})(?: [a-z]+)?) [ivx]`;

/** In the order they are to be tried. */
export const romanRules: readonly Rule[] = [
  {
    kind: "number",
    pattern: new RegExp(
      String.raw`${START}(?:[IVX]{2,}|[IVXLC]{4,}|(?!(?:vi|xi|iv|ix|xx)(?!\p{L}))[IVXivx]{2,})${END_OF_NUMERAL}`,
      "uy",
    ),
    write: (match) => romanWords(match),
  },
  {
    kind: "number",
    pattern: new RegExp(`${START}[IVX]${END_OF_NUMERAL}`, "uy"),
    write: (match) => romanDigitWords(match),
  },
];

const NUMBERED =
  /(?<!\p{L})(?:chapter|part|volume|vol\.|act|scene|book|war|section|type|phase|stage|class|level|article|appendix|bowl|mark|grade|title|figure|table)\s$/iu;

/** After "chapter" and its like a cardinal; elsewhere it may be "the second", or letters. */
function romanWords({ input, index, 0: numeral }: RegExpExecArray): string | null | undefined {
  const value = romanValue(numeral.toUpperCase());
  if (value === undefined) return undefined;
  return NUMBERED.test(input.slice(Math.max(0, index - 12), index)) ? cardinalWords(value) : null;
}

const COUNTED_PARTS = new RegExp(String.raw`(?<!\p{L})(?:${PARTS})\s$`, "u");
const NAMED_RULER = new RegExp(String.raw`(?<!\p{L})(?:${RULERS})\s(?:\p{Lu}\p{Ll}+\s)?$`, "u");
const TITLED_RULER = new RegExp(String.raw`(?<!\p{L})(?:${TITLES})\s\p{Lu}\p{Ll}+\s$`, "u");
/** What stands behind a numeral, and not behind who speaks. */
const ENDS_NAME = /^(?:$|['’]s(?!\p{L})|\s*[.,;:!?)\]\p{Pd}]|\sof(?!\p{L}))/u;
const ENDS_PART = /^\s(?:and|in|to|is|was|\p{Lu})/u;

/** "World War I" is a number, "Elizabeth I" is "the first", "Malcolm X" a letter, and mostly "I" is who speaks. */
function romanDigitWords({ input, index, 0: numeral }: RegExpExecArray): string | null | undefined {
  const before = input.slice(Math.max(0, index - 30), index);
  const after = input.slice(index + 1, index + 8);
  const isPart = COUNTED_PARTS.test(before);
  const words = cardinalWords(romanValue(numeral) as number);
  if (isPart && (numeral !== "I" || /War\s$/.test(before))) return words;
  if (numeral !== "I" ? NAMED_RULER.test(before) : TITLED_RULER.test(before)) return null;
  const isEnded = ENDS_NAME.test(after) || (isPart && ENDS_PART.test(after));
  if (isPart) return isEnded ? words : null;
  return isEnded && NAMED_RULER.test(before) ? null : undefined;
}

const ROMAN: readonly (readonly [string, number])[] = [
  ["C", 100],
  ["XC", 90],
  ["L", 50],
  ["XL", 40],
  ["X", 10],
  ["IX", 9],
  ["V", 5],
  ["IV", 4],
  ["I", 1],
];

/** The value of a numeral that is written as the Romans' heirs write it; undefined for other letters. */
function romanValue(numeral: string): number | undefined {
  let rest = numeral;
  let value = 0;
  for (const [letters, worth] of ROMAN) {
    for (let times = 0; rest.startsWith(letters) && times < 3; times++) {
      value += worth;
      rest = rest.slice(letters.length);
    }
  }
  return rest === "" && toRoman(value) === numeral ? value : undefined;
}

function toRoman(value: number): string {
  let [rest, numeral] = [value, ""];
  for (const [letters, worth] of ROMAN) {
    for (; rest >= worth; rest -= worth) numeral += letters;
  }
  return numeral;
}
