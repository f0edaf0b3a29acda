import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { englishAlphabet } from "../text/alphabet.js";
import { RandomBigramModel } from "./exhaustive-search.test.support.js";
import { knownWords } from "./known-words.js";
import { Lexicon } from "./lexicon.js";

test("it has its words and nothing else", () => {
  const random = new SeededRandom(61);
  const draw = (): string => random.draw([..."abcde'"], 1 + random.below(5)).join("");
  const words = new Set(Array.from({ length: 2000 }, draw));
  const lexicon = new Lexicon(words, englishAlphabet);
  assert.equal(lexicon.numWords, words.size);
  for (const word of words) assert.ok(lexicon.has(word));
  for (let round = 0; round < 2000; round++) {
    const word = draw();
    assert.equal(lexicon.has(word), words.has(word));
  }
  assert.equal(lexicon.has(""), false);
});

test("words that the alphabet cannot spell are named and left out", () => {
  const lexicon = new Lexicon(["cat", "Cat", "a b", "", "naïve", "cat"], englishAlphabet);
  assert.equal(lexicon.numWords, 1);
  assert.deepEqual(lexicon.leftOut, ["Cat", "a b", "", "naïve"]);
  assert.equal(lexicon.has("Cat"), false);
});

test("a lexicon without words is refused", () => {
  assert.throws(() => new Lexicon(["CAT"], englishAlphabet), {
    code: "invalid-lexicon",
    message: "none of 1 words can be spelt in the alphabet; are they in capitals, or of another language?",
  });
});

test("a model's vocabulary is indexed once", () => {
  const model = new RandomBigramModel(["cat", "dog"], new SeededRandom(1));
  const lexicon = knownWords(model, englishAlphabet).lexicon;
  assert.ok(lexicon.has("dog"));
  assert.equal(knownWords(model, englishAlphabet).lexicon, lexicon);
});
