import assert from "node:assert/strict";
import { test } from "node:test";
import { compareResults } from "./comparison.js";
import { scored } from "./scored.test.support.js";

test("utterances are paired by id, the largest differences first", () => {
  const first = [scored("a", "one two", "one two"), scored("b", "three", "tree"), scored("c", "four five", "for fife")];
  const second = [scored("c", "four five", "four five"), scored("b", "three", "tree"), scored("a", "one two", "one")];
  const comparison = compareResults(first, second);
  assert.deepEqual(comparison.utterances, [
    { id: "c", reference: "four five", first: "for fife", second: "four five", wordErrorDifference: 2 },
    { id: "a", reference: "one two", first: "one two", second: "one", wordErrorDifference: -1 },
    { id: "b", reference: "three", first: "tree", second: "tree", wordErrorDifference: 0 },
  ]);
  const { numBetter, numWorse, numEqual, numNotCompared, rates, wer } = comparison;
  assert.deepEqual(
    { numBetter, numWorse, numEqual, numNotCompared },
    { numBetter: 1, numWorse: 1, numEqual: 1, numNotCompared: 0 },
  );
  assert.equal(rates.first.wer, 3 / 5);
  assert.equal(rates.second.wer, 2 / 5);
  assert.equal(wer.difference, 1 / 5);
});

test("what only one has, or has otherwise, is counted and not compared", () => {
  const first = [scored("a", "one", "one"), scored("b", "two", "two"), scored("c", "it's", "it's")];
  const second = [scored("a", "one", "on"), scored("c", "its", "its")];
  const comparison = compareResults(first, second);
  assert.equal(comparison.numNotCompared, 2);
  assert.deepEqual(
    comparison.utterances.map(({ id }) => id),
    ["a"],
  );
  assert.deepEqual(comparison.rates, { first: { wer: 0, cer: 0 }, second: { wer: 1, cer: 1 / 3 } });
  assert.equal(compareResults(first, [...second, scored("d", "four", "four")]).numNotCompared, 3);
});

test("nothing in common cannot be compared", () => {
  assert.throws(() => compareResults([scored("a", "one", "one")], [scored("b", "one", "one")]), {
    name: "UserError",
    code: "nothing-to-compare",
    message: "the two models have no utterance in common to be compared on; were their alphabets the same?",
  });
});
