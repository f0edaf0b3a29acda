/**
 * Text whose characters are what they look like. Word processors, web pages and keyboards write the same line in many
 * ways: with spaces that do not break, letters composed or not, marks of no width. Texts that are read by people differ
 * in nothing then, and texts that are compared, counted or spelt differ in every word.
 */

/** NEL, the separators of Unicode, the vertical tab and the form feed end a line as the line feed does. */
const LINE_ENDS = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
/** All of Unicode's spaces but the one that every text is full of. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
/**
 * Soft hyphens, zero-width spaces, joiners of words, byte order marks of joined files, and marks of direction; not the
 * joiners of letters U+200C and U+200D, which are spelling in Persian and in the scripts of India.
 */
const INVISIBLE = /[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;
const PLAIN = /^[\n -~]*$/;

/**
 * The text with one kind of line end (`\n`), one kind of space besides the tab, without characters that nobody sees, and
 * with letters in one piece (Unicode's form NFC). Letters, marks and their case stay.
 *
 * For text that is read line by line. Tables and JSON keep theirs: a path must stay as the file's name is spelt.
 */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(LINE_ENDS, "\n").replace(INVISIBLE, "").replace(SPACES, " ").normalize("NFC");
}
