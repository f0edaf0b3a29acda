import assert from "node:assert/strict";
import { test } from "node:test";
import { corpusErrorRates, ErrorRateAccumulator, scoreUtterance, splitWords } from "./error-rate.js";

test("words are what whitespace separates", () => {
  assert.deepEqual(splitWords("  a\tb \n c "), ["a", "b", "c"]);
  assert.deepEqual(splitWords(" "), []);
});

test("an utterance's characters are those of its words joined by single spaces", () => {
  const { words, characters } = scoreUtterance(" the  cat ", "the cart");
  assert.deepEqual(words, { substitutions: 1, deletions: 0, insertions: 0, hits: 1, referenceLength: 2 });
  assert.deepEqual(characters, { substitutions: 0, deletions: 0, insertions: 1, hits: 7, referenceLength: 7 });
});

test("spaces count as characters, and a code point is one character", () => {
  assert.equal(scoreUtterance("ice cream", "icecream").characters.deletions, 1);
  assert.equal(scoreUtterance("𝄞", "a").characters.referenceLength, 1);
});

test("rates are summed over the corpus, not averaged over utterances", () => {
  const rates = corpusErrorRates([
    { reference: "no", hypothesis: "yes" },
    {
      reference: "one two three four five six seven eight nine",
      hypothesis: "one two three four five six seven eight nine",
    },
  ]);
  assert.equal(rates.wer, 1 / 10); // the average of utterances would be 1/2
  assert.equal(rates.cer, 3 / 46);
  assert.equal(rates.sentenceErrorRate, 1 / 2);
  assert.equal(rates.numUtterances, 2);
  assert.deepEqual(rates.words, { substitutions: 1, deletions: 0, insertions: 0, hits: 9, referenceLength: 10 });
  assert.equal(rates.characters.referenceLength, 46);
});

test("insertions count against an empty reference, and can take the rate past 1", () => {
  const rates = corpusErrorRates([
    { reference: "", hypothesis: "a b c" },
    { reference: "a", hypothesis: "a" },
  ]);
  assert.equal(rates.wer, 3);
  assert.equal(rates.words.insertions, 3);
});

test("a result can be read at any time and stays as it was", () => {
  const accumulator = new ErrorRateAccumulator();
  assert.deepEqual(accumulator.add("a b", "a c"), scoreUtterance("a b", "a c"));
  const before = accumulator.result();
  accumulator.add("d", "d");
  assert.equal(before.wer, 1 / 2);
  assert.equal(before.words.referenceLength, 2);
  assert.equal(accumulator.result().wer, 1 / 3);
});

test("a corpus without reference words has no rate", () => {
  assert.throws(() => corpusErrorRates([{ reference: " ", hypothesis: "a" }]), {
    code: "empty-reference",
    message:
      "error rates are undefined: the references hold no words (utterances: 1); check that the transcripts were read",
  });
});
