import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { englishAlphabet, unknownCharacters } from "./alphabet.js";
import { normaliseEnglish } from "./normalise-english.js";

const accepted: Record<string, [string, string][]> = {
  "case and whitespace": [
    ["", ""],
    ["  Hello \t\n World\u00a0", "hello world"],
    ["MISTER QUILTER IS THE APOSTLE", "mister quilter is the apostle"],
  ],
  apostrophes: [
    ["don’t", "don't"],
    ["don`t", "don't"],
    ["donʼt", "don't"],
    ["'Hello,' he said.", "hello he said"],
    ["‘Hello’ he said", "hello he said"],
    ["The boys’ hats.", "the boys' hats"],
    ["’Twas the café’s", "'twas the cafe's"],
    ["'OME AND THE BOYS' HATS", "'ome and the boys' hats"],
    ["5'10\"", "five foot ten"],
  ],
  accents: [
    ["café naïve", "cafe naive"],
    ["cafe\u0301", "cafe"],
    ["Straße", "strasse"],
    ["Ærøskøbing Œuvre", "aeroskobing oeuvre"],
    ["İstanbul Łódź", "istanbul lodz"],
    ["ﬁne Ｗｉｄｅ", "fine wide"],
  ],
  dashes: [
    ["twenty-one", "twenty one"],
    ["well — yes–no‐maybe", "well yes no maybe"],
    ["co\u00adoperate", "cooperate"],
  ],
  numbers: [
    ["0", "zero"],
    ["42 men", "forty two men"],
    ["1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"],
    ["3.14", "three point one four"],
    [".5", "point five"],
    ["1,000.05", "one thousand point zero five"],
    ["version 1.2.3", "version one point two point three"],
    ["-5 and −3.5", "minus five and minus three point five"],
    ["1914-18", "nineteen fourteen to eighteen"],
    ["007", "zero zero seven"],
    ["1234567890123456", "one two three four five six seven eight nine zero one two three four five six"],
    ["B2B 3D", "b two b three d"],
    ["It was 5.", "it was five"],
    ["747s", "seven hundred forty sevens"],
  ],
  years: [
    ["in 1984.", "in nineteen eighty four"],
    ["2005", "two thousand five"],
    ["1900", "nineteen hundred"],
    ["1,984", "one thousand nine hundred eighty four"],
    ["1984’s best", "nineteen eighty four's best"],
    ["the 1990s", "the nineteen nineties"],
    ["the 1990’s", "the nineteen nineties"],
    ["the ’90s and 1900s", "the nineties and nineteen hundreds"],
    ["2000s", "two thousands"],
    ["the 1960s' best", "the nineteen sixties' best"],
  ],
  ordinals: [
    ["1st 2nd 3rd 4th", "first second third fourth"],
    ["the 22ND", "the twenty second"],
    ["1,000th", "one thousandth"],
  ],
  times: [
    ["5:30", "five thirty"],
    ["5:00", "five o'clock"],
    ["5:00 p.m.", "five p m"],
    ["9:05am", "nine oh five am"],
    ["08:30", "eight thirty"],
    ["13:00", "thirteen hundred"],
  ],
  money: [
    ["$5.20", "five dollars and twenty cents"],
    ["$1", "one dollar"],
    ["$1.01", "one dollar and one cent"],
    ["£0.50", "fifty pence"],
    ["£2.01", "two pounds and one penny"],
    ["€1,000.", "one thousand euros"],
    ["$1984", "one thousand nine hundred eighty four dollars"],
    ["$5.00", "five dollars"],
    ["$0.00", "zero dollars"],
    ["$5.5 million", "five point five million dollars"],
    ["-$3", "minus three dollars"],
  ],
  symbols: [
    ["Smith & Sons", "smith and sons"],
    ["AT&T", "a t and t"],
    ["5% 2+2=4", "five percent two plus two equals four"],
    ["me@home", "me at home"],
    ["Acme™ ©", "acme"],
  ],
  abbreviations: [
    ["Mr. and Mrs. Bond", "mister and missus bond"],
    ["Dr Watson vs. Prof. X, etc.", "doctor watson versus professor x et cetera"],
    ["a gen and a Gen. Lee", "a gen and a general lee"],
    ["St. Paul", "saint paul"],
    ["drab Mrs's 'Mr. X'", "drab missus's mister x"],
  ],
  punctuation: [
    ["“Wait... (really?)”", "wait really"],
    ["hello,world; and/or", "hello world and or"],
    ["U.S.A.", "u s a"],
    ["¿Qué?", "que"],
  ],
};

for (const [name, cases] of Object.entries(accepted)) {
  test(name, () => {
    for (const [original, expected] of cases) {
      const { text, refused } = normaliseEnglish(original);
      assert.equal(text, expected, original);
      assert.deepEqual(refused, [], original);
    }
  });
}

const refusals: [string, string, [string, number][]][] = [
  [
    "say 漢字 now",
    "say now",
    [
      ["漢", 4],
      ["字", 5],
    ],
  ],
  ["ok 😀!", "ok", [["😀", 3]]],
  ["1/2", "one two", [["/", 1]]],
  [
    "# at ‰2",
    "at two",
    [
      ["#", 0],
      ["‰", 5],
    ],
  ],
  ["½ cup", "cup", [["½", 0]]],
  ["10²", "ten", [["²", 2]]],
  ["$5x", "five x", [["$", 0]]],
  ["Привет", "", [..."Привет"].map((letter, i) => [letter, i])],
  [
    "a < b ~5",
    "a b five",
    [
      ["<", 2],
      ["~", 6],
    ],
  ],
  ["a\ud800b", "a b", [["\ud800", 1]]],
];

test("what carries an unknown sound is refused, with its position", () => {
  for (const [original, text, refused] of refusals) {
    const result = normaliseEnglish(original);
    assert.equal(result.text, text, original);
    assert.deepEqual(
      result.refused,
      refused.map(([character, position]) => ({ character, position })),
      original,
    );
  }
});

test("changes say what was rewritten and where", () => {
  assert.deepEqual(normaliseEnglish("Mr. O’Dé—paid $5 & left!").changes, [
    { kind: "abbreviation", from: "Mr.", to: "mister", position: 0 },
    { kind: "apostrophe", from: "’", to: "'", position: 5 },
    { kind: "accent", from: "é", to: "e", position: 7 },
    { kind: "dash", from: "—", to: "", position: 8 },
    { kind: "currency", from: "$5", to: "five dollars", position: 14 },
    { kind: "symbol", from: "&", to: "and", position: 17 },
    { kind: "punctuation", from: "!", to: "", position: 23 },
  ]);
  assert.deepEqual(
    normaliseEnglish("1st 5:30 1990s 7 a\u00adb 'x'").changes.map(({ kind }) => kind),
    ["ordinal", "time", "decade", "number", "invisible", "punctuation", "punctuation"],
  );
});

test("a transcript is only lower-cased", () => {
  assert.deepEqual(normaliseEnglish("THE BOYS' 'OME  ISN'T"), {
    text: "the boys' 'ome isn't",
    changes: [],
    refused: [],
  });
});

test("any text ends in the alphabet, stays put when normalised again, and is accounted for in place", () => {
  const random = new SeededRandom(7);
  const pieces = [
    ..."aZé'’‘ ,.:-$€%&/019s漢😀\u0301\n½#°[]()*@<>",
    "VI",
    "10k",
    "5 km ",
    "Mr.",
    "–",
    "9am",
    "5kg-",
    "in March 5 ",
    "th",
    "n't",
    "1984",
    " 'n' ",
    "million",
    "£5",
    "ə",
  ];
  for (let i = 0; i < 5000; i++) {
    const original = random.draw(pieces, random.below(14)).join("");
    const { text, changes, refused } = normaliseEnglish(original);
    assert.deepEqual(unknownCharacters(text, englishAlphabet), [], JSON.stringify(original));
    assert.ok(!/^ | {2}| $/.test(text), JSON.stringify(original));
    if (refused.length === 0) assert.equal(normaliseEnglish(text).text, text, JSON.stringify(original));
    for (const { from, position } of changes) assert.equal(original.slice(position, position + from.length), from);
    for (const { character, position } of refused) assert.ok(original.startsWith(character, position));
  }
});
