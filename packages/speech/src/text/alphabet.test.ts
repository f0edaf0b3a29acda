import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import {
  type Alphabet,
  alphabetOf,
  decodeTokenIds,
  encodeText,
  englishAlphabet,
  minimumFrames,
  unknownCharacters,
  validateAlphabet,
} from "./alphabet.js";

test("the English alphabet has LibriSpeech's ids", () => {
  validateAlphabet(englishAlphabet);
  assert.equal(englishAlphabet.tokens.length, 29);
  assert.deepEqual(encodeText("' az", englishAlphabet), [0, 1, 2, 27]);
  assert.equal(englishAlphabet.blankId, 28);
});

test("decoding undoes encoding", () => {
  const random = new SeededRandom(1);
  for (let i = 0; i < 100; i++) {
    const text = random.draw([..."' abcxyz"], random.below(20)).join("");
    assert.equal(decodeTokenIds(encodeText(text, englishAlphabet), englishAlphabet), text);
  }
});

test("encoding names the character, its position and the text", () => {
  assert.throws(() => encodeText("caffè", englishAlphabet), {
    code: "unknown-character",
    message: 'character "è" at position 4 of "caffè" is not in the alphabet; normalise the text first',
  });
});

test("positions count as slice does, past characters of two code units", () => {
  const alphabet: Alphabet = { tokens: ["<blank>", "😀", "a"], blankId: 0 };
  assert.deepEqual(encodeText("😀a", alphabet), [1, 2]);
  assert.deepEqual(unknownCharacters("😀b😀𝄞", alphabet), [
    { character: "b", position: 2 },
    { character: "𝄞", position: 5 },
  ]);
  assert.deepEqual(unknownCharacters("a😀", alphabet), []);
});

test("the blank's name is never text", () => {
  const alphabet: Alphabet = { tokens: ["_", "a"], blankId: 0 };
  assert.deepEqual(unknownCharacters("a_", alphabet), [{ character: "_", position: 1 }]);
});

test("decoding refuses the blank and ids outside the alphabet", () => {
  assert.throws(() => decodeTokenIds([2, 28], englishAlphabet), {
    code: "invalid-token-id",
    message: "token id 28 at place 1 is the blank, which has no text",
  });
  for (const id of [29, -1, 0.5]) {
    assert.throws(() => decodeTokenIds([id], englishAlphabet), {
      code: "invalid-token-id",
      message: `token id ${id} at place 0 is outside 0 to 28`,
    });
  }
});

const invalidAlphabets: [Alphabet, string][] = [
  [{ tokens: ["<blank>"], blankId: 0 }, "an alphabet needs a token besides the blank; it has 1"],
  [{ tokens: ["a", "b"], blankId: 2 }, "the alphabet's blankId is 2; it must be a whole number from 0 to 1"],
  [{ tokens: ["a", "b"], blankId: -1 }, "the alphabet's blankId is -1; it must be a whole number from 0 to 1"],
  [{ tokens: ["a", "b"], blankId: 0.5 }, "the alphabet's blankId is 0.5; it must be a whole number from 0 to 1"],
  [{ tokens: ["_", "ab"], blankId: 0 }, 'token 1 is "ab"; a token must be a single character'],
  [{ tokens: ["_", ""], blankId: 0 }, 'token 1 is ""; a token must be a single character'],
  [{ tokens: ["_", "a", "b", "a"], blankId: 0 }, 'tokens 1 and 3 are both "a"'],
  [{ tokens: ["_", "a", "_"], blankId: 0 }, 'tokens 0 and 2 are both "_"'],
];

for (const [alphabet, message] of invalidAlphabets) {
  test(`an alphabet is refused: ${message}`, () => {
    assert.throws(() => validateAlphabet(alphabet), { code: "invalid-alphabet", message });
    assert.throws(() => encodeText("", alphabet), { code: "invalid-alphabet", message });
    assert.throws(() => decodeTokenIds([], alphabet), { code: "invalid-alphabet", message });
  });
}

test("CTC needs a frame a token and one between equal neighbours", () => {
  assert.equal(minimumFrames([]), 0);
  assert.equal(minimumFrames(encodeText("hat", englishAlphabet)), 3);
  assert.equal(minimumFrames(encodeText("hello", englishAlphabet)), 6);
  assert.equal(minimumFrames(new Int32Array([5, 5, 5, 2, 2])), 8);
});

test("an alphabet is made of the characters it is to write, the space with them", () => {
  assert.deepEqual(alphabetOf("' abcdefghijklmnopqrstuvwxyz"), englishAlphabet);
  assert.deepEqual(alphabetOf("abä"), { tokens: ["a", "b", "ä", " ", "<blank>"], blankId: 4 });
  assert.deepEqual(alphabetOf("a\u0308a"), alphabetOf("äa"));
  // Letters of both cases are apart, as text in them is.
  assert.deepEqual(alphabetOf("aA"), { tokens: ["a", "A", " ", "<blank>"], blankId: 3 });
  for (const [characters, complaint] of [
    ["aa", '"aa" has "a" twice; name each character once'],
    ["a b ", '"a b " has " " twice; name each character once'],
    ["äa\u0308", '"äa\u0308" has "ä" twice; name each character once'],
    ["a\tb", "has U+0009, which no text can have as a letter; leave it out"],
    ["a\u0085", "has U+0085, which no text can have as a letter; leave it out"],
    ["a\ud800", "has U+D800, which no text can have as a letter; leave it out"],
  ] as const) {
    assert.throws(() => alphabetOf(characters), { code: "invalid-alphabet", message: `the alphabet ${complaint}` });
  }
  for (const code of [0xa0, 0x2003, 0xfeff, 0x202e, 0xad]) {
    const complaint = `U+${code.toString(16).toUpperCase().padStart(4, "0")}, which no text can have as a letter; leave it out`;
    assert.throws(() => alphabetOf(`a${String.fromCodePoint(code)}b`), { message: `the alphabet has ${complaint}` });
  }
  assert.throws(() => alphabetOf("\u0308a"), { message: /^the alphabet has U\+0308, / });
  assert.equal(alphabetOf("ab\u200c\u0b3e").tokens.length, 6);
  assert.throws(() => alphabetOf(""), { message: 'the alphabet "" needs a character besides the space' });
  assert.throws(() => alphabetOf(" "), {
    code: "invalid-alphabet",
    message: 'the alphabet " " needs a character besides the space',
  });
});
