import assert from "node:assert/strict";
import { test } from "node:test";
import { type Alphabet, alphabetOf, englishAlphabet } from "./alphabet.js";
import { normaliseEnglish } from "./normalise-english.js";
import { normaliseToAlphabet } from "./normalise-to-alphabet.js";

const german = alphabetOf("abcdefghijklmnopqrstuvwxyzäöüß");

test("the English letters keep their own normaliser, in whatever order they stand", () => {
  const text = "Dr. Müller paid $5.20, café!";
  assert.deepEqual(normaliseToAlphabet(text, englishAlphabet), normaliseEnglish(text));
  assert.deepEqual(normaliseToAlphabet(text, alphabetOf("zyxwvutsrqponmlkjihgfedcba'")), normaliseEnglish(text));
});

test("letters of another alphabet stay, in its case; punctuation parts words", () => {
  const { text, changes, refused } = normaliseToAlphabet("Grüße,  aus\u00adÖl-stadt!\n", german);
  assert.equal(text, "grüße ausöl stadt");
  assert.deepEqual(refused, []);
  assert.deepEqual(
    changes.map(({ kind, from, position }) => [kind, from, position]),
    [
      ["punctuation", ",", 5],
      ["invisible", "\u00ad", 11],
      ["punctuation", "-", 14],
      ["punctuation", "!", 20],
    ],
  );
});

test("an alphabet of capitals gets capitals, and its apostrophe in any shape", () => {
  assert.equal(normaliseToAlphabet("don’t", alphabetOf("'ABCDEFGHIJKLMNOPQRSTUVWXYZ")).text, "DON'T");
});

test("letters take the alphabet's case as their language pairs them", () => {
  const greek = alphabetOf("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ");
  const turkish = alphabetOf("abcçdefgğhıijklmnoöprsştuüvyz");
  const cases: [string, Alphabet, string][] = [
    ["ΟΔΟΣ ΣΟΦΟΣ", greek, "οδος σοφος"],
    ["Σ σοφός", greek, "σ σοφός"],
    ["ΟΔΟΣ οδος", alphabetOf("αβγδεζηθικλμνξοπρστυφχψω"), "οδοσ οδοσ"],
    ["οδός", alphabetOf("ΑΒΓΔΌΟΣ"), "ΟΔΌΣ"],
    ["ISPARTA İzmir", turkish, "ısparta izmir"],
    ["ısparta izmir", alphabetOf("ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZ"), "ISPARTA İZMİR"],
    ["IGEL", german, "igel"],
    ["Straße", alphabetOf("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ"), "STRASSE"],
    ["Straße", alphabetOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäöü"), "Strasse"],
  ];
  for (const [written, alphabet, text] of cases) {
    assert.deepEqual(normaliseToAlphabet(written, alphabet), { text, changes: [], refused: [] }, written);
  }
});

test("a decomposed letter is the composed one", () => {
  assert.equal(normaliseToAlphabet("o\u0308l", german).text, "öl");
});

test("what cannot be written is refused by its place: digits, signs, other scripts", () => {
  const { text, refused } = normaliseToAlphabet("um 8 é €", german);
  assert.equal(text, "um");
  assert.deepEqual(refused, [
    { character: "8", position: 3 },
    { character: "é", position: 5 },
    { character: "€", position: 7 },
  ]);
});

test("English letters of capitals, and without an apostrophe, are read as English", () => {
  const capitals = alphabetOf("'ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  assert.equal(normaliseToAlphabet("Don't pay $5!", capitals).text, "DON'T PAY FIVE DOLLARS");
  const { text, refused } = normaliseToAlphabet(
    "'Don't,' he said: rock 'n' roll",
    alphabetOf("abcdefghijklmnopqrstuvwxyz"),
  );
  assert.deepEqual([text, refused], ["dont he said rock n roll", []]);
});

test("without an apostrophe in another alphabet, one inside a word is refused, and quotation marks go", () => {
  const { text, refused } = normaliseToAlphabet("‘so’ geht's", german);
  assert.equal(text, "so geht s");
  assert.deepEqual(refused, [{ character: "'", position: 9 }]);
  assert.equal(normaliseToAlphabet("l’été", alphabetOf("abcdefghijklmnopqrstuvwxyzé'")).text, "l'été");
});

test("tags are left out and counted in any alphabet, or refused by choice", () => {
  const { text, changes } = normaliseToAlphabet("[lachen] grüße (noise)", german);
  assert.equal(text, "grüße");
  assert.deepEqual(
    changes.map(({ kind, from, position }) => [kind, from, position]),
    [
      ["tag", "[lachen]", 0],
      ["tag", "(noise)", 15],
    ],
  );
  for (const alphabet of [german, englishAlphabet]) {
    const refuse = normaliseToAlphabet("[lachen] oh (noise)", alphabet, { tags: "refuse" });
    assert.deepEqual(
      refuse.refused.map(({ character }) => character),
      ["[lachen]", "(noise)"],
    );
    assert.deepEqual(normaliseToAlphabet("oh <unk>", alphabet).refused, [{ character: "<unk>", position: 3 }]);
  }
});
