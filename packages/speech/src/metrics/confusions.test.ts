import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { countConfusions } from "./confusions.js";
import { corpusErrorRates } from "./error-rate.js";

test("words are counted by what was said and what was heard, the most frequent first", () => {
  const pairs = [
    { reference: "the cat sat", hypothesis: "a cat sat" },
    { reference: "the dog", hypothesis: "a dog" },
    { reference: "the end", hypothesis: "an end now" },
    { reference: "so it is", hypothesis: "it is" },
  ];
  assert.deepEqual(countConfusions(pairs, "words"), {
    substitutions: [
      { reference: "the", hypothesis: "a", count: 2 },
      { reference: "the", hypothesis: "an", count: 1 },
    ],
    deletions: [{ reference: "so", count: 1 }],
    insertions: [{ hypothesis: "now", count: 1 }],
  });
});

test("a space is a character like others", () => {
  assert.deepEqual(countConfusions([{ reference: "ice  cream", hypothesis: "icecreem" }], "characters"), {
    substitutions: [{ reference: "a", hypothesis: "e", count: 1 }],
    deletions: [{ reference: " ", count: 1 }],
    insertions: [],
  });
});

test("all confusions together are the corpus's errors", () => {
  const random = new SeededRandom(31);
  const text = () => random.draw(["a", "b", "c", "dd"], 1 + random.below(9)).join(" ");
  const pairs = Array.from({ length: 200 }, () => ({ reference: text(), hypothesis: text() }));
  const rates = corpusErrorRates(pairs);
  for (const unit of ["words", "characters"] as const) {
    const found = countConfusions(pairs, unit);
    for (const kind of ["substitutions", "deletions", "insertions"] as const) {
      assert.equal(
        found[kind].reduce((total, { count }) => total + count, 0),
        rates[unit][kind],
      );
    }
  }
});
