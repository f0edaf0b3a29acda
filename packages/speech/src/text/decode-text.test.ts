import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { decodeText, TextReader } from "./decode-text.js";

const LINES = "naïve café, “good morning”\nприветствие мира\nthe end — 100 €, 😀\n";

/** An encoder of the tests' own, so that none of the reader's code stands on both sides. */
function encode(text: string, encoding: string, { mark = false } = {}): Uint8Array {
  const marked = mark ? `\ufeff${text}` : text;
  if (encoding === "UTF-8") return new TextEncoder().encode(marked);
  const width = encoding.startsWith("UTF-16") ? 2 : 4;
  const units = width === 2 ? marked.split("").map((unit) => unit.charCodeAt(0)) : codePoints(marked);
  const view = new DataView(new ArrayBuffer(units.length * width));
  for (const [i, unit] of units.entries()) {
    if (width === 2) view.setUint16(2 * i, unit, encoding.endsWith("LE"));
    else view.setUint32(4 * i, unit, encoding.endsWith("LE"));
  }
  return new Uint8Array(view.buffer);
}

function codePoints(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) as number);
}

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const UNICODE = ["UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"];

test("Unicode's encodings are read with their marks", () => {
  for (const encoding of UNICODE) {
    assert.equal(decodeText(encode(LINES, encoding, { mark: true })), LINES, encoding);
    assert.equal(decodeText(encode("", encoding, { mark: true })), "", encoding);
  }
});

test("and without where it is certain: letters of one alphabet with spaces among them", () => {
  for (const encoding of UNICODE) {
    for (const text of ["a\n", "please enter the number\n", "доброе утро, мир\n", "καλημέρα κόσμε\n", "“Olá” ¿qué?"]) {
      assert.equal(decodeText(encode(text, encoding)), text, `${encoding} ${text}`);
    }
  }
});

test("pieces of any length give the same text", () => {
  const random = new SeededRandom(3);
  const text = `${LINES.replaceAll("\n", "\r\n")}last\r`.repeat(900);
  const western = bytesOf("caf\xe9 Zo\xeb\r\n\x93yes\x94 it\x92s\r\n".repeat(3000));
  const cases: [Uint8Array, string][] = UNICODE.map((encoding) => [
    encode(text, encoding, { mark: true }),
    text.replaceAll(/\r\n?/g, "\n"),
  ]);
  cases.push([western, "café Zoë\n“yes” it’s\n".repeat(3000)]);
  for (const [bytes, expected] of cases) {
    const reader = new TextReader();
    let read = "";
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random.below(9000);
      read += reader.push(bytes.subarray(at, at + length));
      at += length;
    }
    assert.ok(read + reader.finish() === expected, reader.encoding);
  }
});

test("every line end is a line feed", () => {
  assert.equal(decodeText(bytesOf("a\r\nb\rc\n\r\rd\r")), "a\nb\nc\n\n\nd\n");
});

test("Windows-1252 is read where its neighbours say the same", () => {
  assert.equal(
    decodeText(bytesOf("it\x92s the \x93caf\xe9\x94 \x97 she is Zo\xeb\x85\n")),
    "it’s the “café” — she is Zoë…\n",
  );
  const long = `${"plain words\n".repeat(10_000)}it\x92s\n`;
  assert.equal(decodeText(bytesOf(long)), long.replace("\x92", "’"));
});

const refusals: [string, Uint8Array, string][] = [
  [
    "a letter that Central Europe has otherwise",
    bytesOf("one\nel\xe8ve two\n"),
    'line 2 ("el�ve") is not in UTF-8, and looks like Windows-1252; save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8',
  ],
  [
    "Cyrillic in one byte a letter",
    bytesOf("\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0\n"),
    'line 1 ("������") is not in UTF-8, but in another encoding; save it as UTF-8, or convert it: iconv -f ENCODING -t UTF-8',
  ],
  [
    "Japanese in Shift JIS",
    Uint8Array.of(0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x0a),
    'line 1 ("���{��") is not in UTF-8, but in another encoding; save it as UTF-8, or convert it: iconv -f ENCODING -t UTF-8',
  ],
  [
    "two encodings in one file",
    Uint8Array.of(...new TextEncoder().encode("café\nfine\r\n"), ...bytesOf("caf\xe9 noir")),
    'line 3 ("caf�") is not in UTF-8, and looks like Windows-1252; save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8',
  ],
  [
    "bytes that are no text",
    Uint8Array.from({ length: 512 }, (_, i) => i % 256),
    "has NUL bytes, as no text in UTF-8 has: it is no text, or in UTF-16 without a byte order mark; save it as UTF-8",
  ],
  [
    "Chinese in UTF-16 without a mark",
    encode("中文没有空格一\n", "UTF-16LE"),
    "has NUL bytes, as no text in UTF-8 has: it is no text, or in UTF-16 without a byte order mark; save it as UTF-8",
  ],
  ["a NUL character far on", bytesOf(`${"a\n".repeat(40_000)}b\0c`), "line 40001 has a NUL character, as no text has"],
  [
    "a NUL character under a mark",
    encode("a\nb\0c", "UTF-16BE", { mark: true }),
    "line 2 has a NUL character, as no text has",
  ],
  [
    "UTF-16 that was cut",
    encode("abc", "UTF-16LE", { mark: true }).slice(0, 7),
    "is cut, or damaged: it begins as UTF-16LE does, and is none further on",
  ],
  [
    "half a pair in UTF-16",
    encode("a\ud83d b", "UTF-16LE", { mark: true }),
    "is cut, or damaged: it begins as UTF-16LE does, and is none further on",
  ],
  [
    // Looking for the word's ends must not take hours.
    "a word of a million letters",
    Uint8Array.from([...bytesOf("a".repeat(500_000)), 0x81, ...bytesOf("b".repeat(500_000))]),
    `line 1 ("${"a".repeat(40)}\ufffd${"b".repeat(39)}") is not in UTF-8, and looks like Windows-1252; save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8`,
  ],
  ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0), "is compressed by gzip; unpack it: gunzip"],
  [
    "a workbook",
    bytesOf("PK\x03\x04\x14\0"),
    "is a ZIP archive, as workbooks and documents are; unpack it, or export it as text or CSV in UTF-8",
  ],
];

for (const [name, bytes, message] of refusals) {
  test(`refused, with the remedy: ${name}`, () => {
    assert.throws(() => decodeText(bytes), { code: "invalid-encoding", message });
  });
}

test("ASCII that holds NUL bytes is never taken for UTF-16", () => {
  const random = new SeededRandom(5);
  const pieces = [..."abc de\n\0fg hi 12"];
  for (let i = 0; i < 2000; i++) {
    const text = `${random.draw(pieces, 20).join("")}\0${random.draw(pieces, random.below(60)).join("")}`;
    assert.throws(() => decodeText(bytesOf(text)), { code: "invalid-encoding" }, JSON.stringify(text));
  }
});
