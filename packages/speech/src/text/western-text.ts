/**
 * Windows-1252, the encoding of Western Windows programs before UTF-8. Bytes do not say which of the many encodings of one
 * byte a character they are in, so it is certain only for characters that look the same in its neighbours (Windows-1250
 * of Central Europe, 1254 of Turkey): typographic quotes and dashes, and the letters that they share, standing singly
 * beside letters of ASCII, as no text in Cyrillic, Greek, Chinese or Japanese has them.
 */

/** 0x80 to 0x9F (https://encoding.spec.whatwg.org/index-windows-1252.txt); from 0xA0 on a byte is its code point. */
const SPECIALS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Signs that Windows-1250, 1252 and 1254 have at the same place. */
const SHARED_SIGNS = new Set("…‘’“”–—™\u00a0©®°");
const SHARED_LETTERS = new Set("ÁÂÄÇÉËÍÎÓÔÖÚÜßáâäçéëíîóôöúü");

export function decodeWestern(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += westernCharacter(byte);
  return text;
}

function westernCharacter(byte: number): string {
  return byte >= 0x80 && byte < 0xa0 ? SPECIALS.charAt(byte - 0x80) : String.fromCharCode(byte);
}

/** Whether the bytes are certainly Windows-1252, or an encoding in which they say the same. */
export function isCertainlyWestern(bytes: Uint8Array): boolean {
  let high = 0;
  let letters = 0;
  for (const [at, byte] of bytes.entries()) {
    if (isAsciiLetter(byte)) letters += 1;
    if (byte < 0x80) continue;
    high += 1;
    const character = westernCharacter(byte);
    if (SHARED_SIGNS.has(character)) continue;
    if (!SHARED_LETTERS.has(character) || !standsBesideAscii(bytes, at)) return false;
  }
  return high * 2 <= letters;
}

/** Whether the bytes may well be Windows-1252: high bytes are few, and most stand beside letters. */
export function isPerhapsWestern(bytes: Uint8Array): boolean {
  let high = 0;
  let beside = 0;
  let letters = 0;
  for (const [at, byte] of bytes.entries()) {
    if (isAsciiLetter(byte)) letters += 1;
    if (byte < 0x80) continue;
    high += 1;
    if (standsBesideAscii(bytes, at)) beside += 1;
  }
  return high * 2 <= letters && beside * 2 >= high;
}

/** Where the bytes begin or end, the neighbour is not known. */
function standsBesideAscii(bytes: Uint8Array, at: number): boolean {
  const [before, after] = [bytes[at - 1], bytes[at + 1]];
  return before === undefined || after === undefined || isAsciiLetter(before) || isAsciiLetter(after);
}

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
