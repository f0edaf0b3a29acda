import assert from "node:assert/strict";
import { test } from "node:test";
import { corpusErrorRates } from "./error-rate.js";
import { groupedErrorRates } from "./grouped-error-rates.js";

const PAIRS = [
  { reference: "one two", hypothesis: "one two", speaker: "b" },
  { reference: "three", hypothesis: "tree", speaker: "a" },
  { reference: "four five six", hypothesis: "four six", speaker: "b" },
];

test("each group has corpus rates of its own, in order of appearance", () => {
  const groups = groupedErrorRates(PAIRS, ({ speaker }) => speaker);
  assert.deepEqual(groups, [
    { group: "b", rates: corpusErrorRates([PAIRS[0]!, PAIRS[2]!]) },
    { group: "a", rates: corpusErrorRates([PAIRS[1]!]) },
  ]);
  assert.equal(groups[0]?.rates.wer, 1 / 5);
});

test("no utterances, no groups", () => {
  assert.deepEqual(
    groupedErrorRates([], () => 0),
    [],
  );
});
