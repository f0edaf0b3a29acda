/**
 * In which encoding a text's bytes are, and that encoding's characters. Only what is certain is taken: a byte order mark
 * (Unicode, section 23.8) says it, and without one UTF-16 and UTF-32 are known by the NUL bytes that their Latin letters,
 * spaces and line ends hold. Everything else is read as UTF-8, whose own rules tell what is none.
 */

export type TextEncoding = "UTF-8" | "UTF-16LE" | "UTF-16BE" | "UTF-32LE" | "UTF-32BE" | "Windows-1252";

type WideEncoding = "UTF-16LE" | "UTF-16BE" | "UTF-32LE" | "UTF-32BE";

/** The longer before the shorter that it begins with. */
const MARKS: readonly (readonly [TextEncoding, readonly number[]])[] = [
  ["UTF-32LE", [0xff, 0xfe, 0, 0]],
  ["UTF-32BE", [0, 0, 0xfe, 0xff]],
  ["UTF-8", [0xef, 0xbb, 0xbf]],
  ["UTF-16LE", [0xff, 0xfe]],
  ["UTF-16BE", [0xfe, 0xff]],
];

const WIDE: readonly WideEncoding[] = ["UTF-32LE", "UTF-32BE", "UTF-16LE", "UTF-16BE"];

/** Which encoding a mark names, and its length in bytes; undefined without one. */
export function encodingOfMark(start: Uint8Array): { encoding: TextEncoding; markBytes: number } | undefined {
  const found = MARKS.find(([, mark]) => mark.every((byte, i) => start[i] === byte));
  return found && { encoding: found[0], markBytes: found[1].length };
}

/** The wide encoding in which these first bytes are plausible text; undefined where there is none, or more than one. */
export function wideEncodingOf(start: Uint8Array): WideEncoding | undefined {
  const fitting = WIDE.filter((encoding) => isPlausible(start, encoding));
  return fitting.length === 1 ? fitting[0] : undefined;
}

const ALPHABETIC = /[\t\n\r\f\u0020-\u007e\u00a0-\u1fff\u2000-\u206f\u20a0-\u20bf\u2122]/gu;
const COMMON = /[\na-zA-Z0-9 ]/g;

/**
 * Read in a wrong encoding, ASCII is Chinese and Chinese is anything; so only alphabetic scripts count as plausible, with
 * spaces, line ends or Latin letters among them, and hardly any other character.
 */
function isPlausible(bytes: Uint8Array, encoding: WideEncoding): boolean {
  const unit = encoding.startsWith("UTF-16") ? 2 : 4;
  let text: string;
  try {
    text = decodeWide(bytes.subarray(0, completeLength(bytes, encoding)), encoding);
  } catch {
    return false;
  }
  const strangers = text.length - (text.match(ALPHABETIC)?.length ?? 0);
  const common = text.match(COMMON)?.length ?? 0;
  return bytes.length >= unit && !text.includes("\0") && strangers <= text.length / 50 && common >= text.length / 20;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = {
  "UTF-16LE": new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }),
  "UTF-16BE": new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }),
};

/** @throws TypeError or RangeError where the bytes are not whole characters of the encoding */
export function decodeUnicode(bytes: Uint8Array, encoding: "UTF-8" | WideEncoding): string {
  return encoding === "UTF-8" ? utf8.decode(bytes) : decodeWide(bytes, encoding);
}

function decodeWide(bytes: Uint8Array, encoding: WideEncoding): string {
  if (encoding === "UTF-16LE" || encoding === "UTF-16BE") return utf16[encoding].decode(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const codePoint = view.getUint32(at, encoding === "UTF-32LE");
    if (codePoint >= 0xd800 && codePoint < 0xe000) throw new RangeError("half a character");
    parts.push(String.fromCodePoint(codePoint));
  }
  return parts.join("");
}

/** The length of those first bytes that are whole characters: the rest wants what follows. */
export function completeLength(bytes: Uint8Array, encoding: TextEncoding): number {
  const { length } = bytes;
  if (encoding === "Windows-1252") return length;
  if (encoding === "UTF-8") return completeUtf8(bytes);
  if (encoding.startsWith("UTF-32")) return length - (length % 4);
  const even = length - (length % 2);
  const upper = bytes[encoding === "UTF-16LE" ? even - 1 : even - 2] ?? 0;
  return upper >= 0xd8 && upper < 0xdc ? even - 2 : even; // the first half of a pair
}

function completeUtf8(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] as number;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? length - back : length;
    if (byte < 0x80) return length;
  }
  return length;
}
