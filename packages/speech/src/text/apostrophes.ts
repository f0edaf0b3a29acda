/**
 * Which apostrophes belong to words and which are quotation marks. Type does not tell: ’ closes a quotation and
 * shortens "don’t". The neighbours do, mostly:
 *
 * - between two letters it belongs to the word ("don't");
 * - a pair around words is quotation ('hello'), unless the first one starts a known short form ("'twas", "'90s");
 * - without a partner it belongs to the word it touches ("boys'", "goin'", "'ello");
 * - behind a number it closes nothing while another follows that may ('He is 6' tall').
 *
 * A text of nothing but letters, spaces and ' is a transcript already, so none of its apostrophes is taken
 * for a quotation mark. Normalising twice therefore takes no further apostrophe away.
 *
 * Known limit: a plural possessive before the close of a quotation ('the boys' hats') takes the close's place.
 */

/** Every character that serves as an apostrophe, as a regular-expression class body. */
export const APOSTROPHES = "'’‘‛ʼ´`＇";

const APOSTROPHE = new RegExp(`[${APOSTROPHES}]`, "gu");
const TRANSCRIPT = /^[A-Za-z' ]*$/;
const ENDS_IN_WORD = /[\p{L}\p{M}\p{N}]$/u;
const STARTS_WITH_WORD = /^[\p{L}\p{N}]/u;
/** Feet or minutes may be meant behind it; hardly so behind a year. */
const ENDS_IN_AMOUNT = /\d(?<!(?<!\d)(?:1\d|20)\d\d)$/;
/** The next apostrophe is one that may close. */
const CLOSES_LATER = new RegExp(`^[^${APOSTROPHES}]*[^\\s${APOSTROPHES}([“"][${APOSTROPHES}](?![\\p{L}\\p{N}])`, "u");
const SHORT_FORM =
  /^(?:\d0s|bout|cause|em|gainst|n|neath|round|til|till|tis|twas|tween|twere|twill|twixt|twould)(?!\p{L})/iu;

/** The positions in `text` of the apostrophes that are quotation marks: always pairs. */
export function quotationMarks(text: string): ReadonlySet<number> {
  const marks = new Set<number>();
  if (TRANSCRIPT.test(text)) return marks;
  let opening: number | undefined;
  for (const { index } of text.matchAll(APOSTROPHE)) {
    const start = text.slice(Math.max(0, index - 5), index);
    const before = ENDS_IN_WORD.test(start);
    const rest = text.slice(index + 1);
    const after = STARTS_WITH_WORD.test(rest);
    if (after && !before && !SHORT_FORM.test(rest)) opening = index;
    if (!after && opening !== undefined && !(ENDS_IN_AMOUNT.test(start) && CLOSES_LATER.test(rest))) {
      marks.add(opening).add(index);
      opening = undefined;
    }
  }
  return marks;
}
