import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromEstimate } from "../language-model/model/from-estimate.js";
import { scoreSentence } from "../language-model/perplexity.js";
import { estimate } from "../language-model/toy-language.test.support.js";
import { guessPhones } from "../pronunciation/letters-to-phones.js";
import { phoneAlphabet, symbolsOf } from "../pronunciation/phones.js";
import { unknownCharacters } from "../text/alphabet.js";
import { PronouncedModel, pronunciationLines } from "./pronounced-model.js";

const SPOKEN: Readonly<Record<string, string>> = { i: "AY", eye: "AY", see: "S IY", an: "AE N", "4": "" };
const words = modelFromEstimate(estimate(["i see an eye", "i see", "an eye 4"], { order: 2 }));
const pronounce = (word: string) => (SPOKEN[word] ? [symbolsOf(SPOKEN[word])] : []);
const lines = pronunciationLines(words, pronounce);
const model = new PronouncedModel(words, lines);
const eye = symbolsOf("AY");

test("a pronunciation scores as the likeliest of its words, and leads on from it", () => {
  const id = model.wordId(eye);
  assert.equal(model.score(model.begin(), id), words.score(words.begin(), words.wordId("i")));
  words.score(words.begin(), words.wordId("i"));
  assert.equal(model.nextState, words.nextState);
  words.score(words.begin(), words.wordId("an"));
  const afterAn = words.nextState;
  assert.equal(model.score(afterAn, id), words.score(afterAn, words.wordId("eye")));
  assert.equal(model.score(afterAn, model.unknownId), words.score(afterAn, words.unknownId));
  assert.equal(model.end(afterAn), words.end(afterAn));
  assert.equal(model.wordId("x"), model.unknownId);
});

test("its words are pronunciations, each once; words without one are not to be found", () => {
  assert.deepEqual([...model.words()].sort(), [eye, symbolsOf("S IY"), symbolsOf("AE N")].sort());
  assert.ok(model.lexicon.has(eye));
  assert.equal(model.lexicon.numWords, 3);
});

test("spoken words are spelt by those before them", () => {
  const spoken = ["AY", "S IY", "AE N", "AY"].map(symbolsOf);
  const { words: found, lmScore, endScore } = model.spell(spoken);
  assert.deepEqual(found, ["i", "see", "an", "eye"]);
  assert.ok(Math.abs(lmScore + endScore - scoreSentence(words, found.join(" "))) < 1e-6);
  assert.deepEqual(model.spell(spoken.slice(0, 2), 1, [[], [{ word: "sea", bonus: 20 }]]).words, ["i", "sea"]);
  const unwanted = [[], [], [], [{ word: "eye", bonus: -20 }]];
  assert.deepEqual(model.spell(spoken, 1, unwanted).words, ["i", "see", "an", "i"]);
  assert.deepEqual(model.spell(spoken, 40, unwanted).words, ["i", "see", "an", "eye"]);
});

test("a word of the vocabulary is spoken as told, any other as its letters sound", () => {
  assert.deepEqual(model.pronunciationsOf("eye"), [eye]);
  assert.deepEqual(model.pronunciationsOf("ship"), [symbolsOf("SH IH P")]);
  assert.deepEqual(model.pronunciationsOf("Ship"), [symbolsOf("SH IH P")]);
  assert.deepEqual(model.pronunciationsOf("shíp"), [symbolsOf("SH IH P")]);
  assert.deepEqual(model.pronunciationsOf("ß"), []);
  assert.ok(model.isAlone("see", symbolsOf("S IY")) && model.isAlone("zorb", symbolsOf("Z AO R B")));
  assert.ok(!model.isAlone("eye", eye) && !model.isAlone("aye", eye));
});

test("lines of another vocabulary, and a vocabulary that nobody can say, are refused", () => {
  assert.throws(() => new PronouncedModel(words, `${lines}AY\n`), {
    code: "invalid-lexicon",
    message: "there are pronunciations of 6 words, and the language model has 5",
  });
  assert.throws(() => new PronouncedModel(words, "\n".repeat(5)), {
    code: "invalid-lexicon",
    message: "no word of the language model has an English pronunciation",
  });
});

test("phones are one character each, all different; what is no phone is refused", () => {
  assert.equal(phoneAlphabet.tokens.length, 41);
  assert.equal(new Set(phoneAlphabet.tokens).size, 41);
  assert.equal(symbolsOf("HH AH0 L OW1"), "hAlo");
  assert.equal(guessPhones("ship"), symbolsOf("SH IH P"));
  assert.deepEqual(unknownCharacters(guessPhones("antidisestablishmentarianism")!, phoneAlphabet), []);
  assert.throws(() => symbolsOf("HH AX"), { code: "invalid-lexicon", message: '"AX" is no phone of ARPAbet\'s' });
});
