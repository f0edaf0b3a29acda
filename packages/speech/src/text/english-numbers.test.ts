import assert from "node:assert/strict";
import { test } from "node:test";
import { cardinalWords, digitWords, ordinalWords, pluralWords, yearWords } from "./english-numbers.js";

function check(read: (value: number) => string, table: Record<number, string>): void {
  for (const [value, words] of Object.entries(table)) assert.equal(read(Number(value)), words);
}

test("cardinals", () => {
  check(cardinalWords, {
    0: "zero",
    7: "seven",
    13: "thirteen",
    20: "twenty",
    42: "forty two",
    100: "one hundred",
    105: "one hundred five",
    999: "nine hundred ninety nine",
    1000: "one thousand",
    1001: "one thousand one",
    12345: "twelve thousand three hundred forty five",
    1000000: "one million",
    2000000003: "two billion three",
  });
});

test("the largest cardinal", () => {
  const group = "nine hundred ninety nine";
  assert.equal(
    cardinalWords(999_999_999_999_999),
    `${group} trillion ${group} billion ${group} million ${group} thousand ${group}`,
  );
});

test("ordinals", () => {
  check(ordinalWords, {
    0: "zeroth",
    1: "first",
    2: "second",
    3: "third",
    5: "fifth",
    8: "eighth",
    9: "ninth",
    11: "eleventh",
    12: "twelfth",
    20: "twentieth",
    22: "twenty second",
    100: "one hundredth",
    1000000: "one millionth",
  });
});

test("years", () => {
  check(yearWords, {
    410: "four hundred ten",
    1000: "one thousand",
    1066: "ten sixty six",
    1900: "nineteen hundred",
    1905: "nineteen oh five",
    1984: "nineteen eighty four",
    2000: "two thousand",
    2005: "two thousand five",
    2010: "twenty ten",
    2024: "twenty twenty four",
    2100: "two thousand one hundred",
  });
});

test("digits and plurals", () => {
  assert.equal(digitWords("0070"), "zero zero seven zero");
  assert.equal(pluralWords("nineteen ninety"), "nineteen nineties");
  assert.equal(pluralWords("twenty six"), "twenty sixes");
  assert.equal(pluralWords("ten"), "tens");
});

// An independent reader of the words must find the number again.
test("cardinals read back to their number", () => {
  const units = new Map(Array.from({ length: 20 }, (_, value) => [cardinalWords(value), value]));
  for (let tens = 20; tens < 100; tens += 10) units.set(cardinalWords(tens), tens);
  const scales = new Map([
    ["thousand", 1e3],
    ["million", 1e6],
    ["billion", 1e9],
    ["trillion", 1e12],
  ]);
  const readBack = (words: string): number => {
    let total = 0;
    let group = 0;
    for (const word of words.split(" ")) {
      const scale = scales.get(word);
      if (scale !== undefined) {
        total += group * scale;
        group = 0;
      } else if (word === "hundred") group *= 100;
      else group += units.get(word) ?? Number.NaN;
    }
    return total + group;
  };
  for (let value = 1; value < 1e15; value = Math.floor(value * 1.37) + 1) {
    assert.equal(readBack(cardinalWords(value)), value);
  }
});

test("numbers out of range are refused", () => {
  for (const value of [-1, 1.5, 1e15, Number.NaN]) {
    assert.throws(() => cardinalWords(value), {
      code: "number-out-of-range",
      message: `${value} cannot be read as a cardinal; it must be a whole number from 0 to 999999999999999`,
    });
  }
});
