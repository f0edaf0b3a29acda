import assert from "node:assert/strict";
import { test } from "node:test";
import { type Alphabet, alphabetOf, encodeText, englishAlphabet } from "../text/alphabet.js";
import { SpellingModel } from "./spelling-model.js";

function modelOf(words: readonly string[], alphabet: Alphabet): SpellingModel {
  return new SpellingModel(
    words.map((word) => encodeText(word, alphabet)),
    alphabet,
  );
}

/** log P of a word's letters and its end. */
function cost(model: SpellingModel, word: string, alphabet: Alphabet): number {
  let state = model.start;
  let sum = 0;
  for (const token of encodeText(`${word} `, alphabet)) {
    sum -= model.logProb(state, token);
    state = model.next(state, token);
  }
  return sum;
}

test("a letter's probability is that of Witten and Bell, worked out by hand", () => {
  // Two tokens besides the blank, so that contexts are of three letters; one word, "a".
  const alphabet = alphabetOf("a");
  const model = modelOf(["a"], alphabet);
  const [a, space] = encodeText("a ", alphabet) as [number, number];
  // Of the two letters ever seen each is one: P1 = (1 + 2/3) / (2 + 2). At a word's start only "a" was seen, once.
  const shortest = (1 + 2 / 3) / 4;
  const longer = (below: number) => (1 + below) / 2;
  assert.ok(Math.abs(Math.exp(model.logProb(model.start, a)) - longer(longer(longer(shortest)))) < 1e-6);
  // Where nothing was ever heard after "aa", what follows "a" decides: (0 + 1 · P1(a)) / (1 + 1).
  const twice = model.next(model.next(model.start, a), a);
  assert.ok(Math.abs(Math.exp(model.logProb(twice, a)) - shortest / 2) < 1e-6);
  assert.ok(Math.abs(Math.exp(model.logProb(twice, space)) - (1 + shortest) / 2) < 1e-6);
});

test("in every state the probabilities of all tokens sum to one", () => {
  const model = modelOf(["the", "then", "hen", "o'er"], englishAlphabet);
  for (const before of ["", "t", "th", "the", "xyz", "o'e"]) {
    let state = model.start;
    for (const token of encodeText(before, englishAlphabet)) state = model.next(state, token);
    const sum = englishAlphabet.tokens.reduce((total, _, token) => total + Math.exp(model.logProb(state, token)), 0);
    assert.ok(Math.abs(sum - 1) < 1e-5, `${before}: ${sum}`);
  }
});

test("a new word of usual letters costs less than an unusual one, and words glued together more than apart", () => {
  const words = ["incoming", "calling", "coming", "call", "calls", "form", "farm", "from", "for", "in", "all", "fall"];
  const model = modelOf(words, englishAlphabet);
  assert.ok(cost(model, "falling", englishAlphabet) < cost(model, "zgrflux", englishAlphabet));
  const apart = ["incoming", "call", "from"].reduce((sum, word) => sum + cost(model, word, englishAlphabet), 0);
  assert.ok(cost(model, "incomingcallfrom", englishAlphabet) > apart);
});

test("the mean cost lies between that of the words known and that of none", () => {
  const words = ["call", "calls", "called", "fall", "falls", "tall"];
  const model = modelOf(words, englishAlphabet);
  const symbols = words.reduce((sum, word) => sum + word.length + 1, 0);
  const known = words.reduce((sum, word) => sum + cost(model, word, englishAlphabet), 0) / symbols;
  assert.ok(model.meanCost > known && model.meanCost < Math.log(englishAlphabet.tokens.length), `${model.meanCost}`);
});

test("an alphabet of thousands is taken with shorter contexts", () => {
  const alphabet = alphabetOf(String.fromCodePoint(...Array.from({ length: 3000 }, (_, i) => 0x4e00 + i)));
  const model = modelOf(["一丁", "一七"], alphabet);
  assert.ok(cost(model, "一", alphabet) < cost(model, "丈", alphabet));
});
