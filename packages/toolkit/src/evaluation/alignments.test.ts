import assert from "node:assert/strict";
import { test } from "node:test";
import { alignmentsAsJson, alignmentsAsText } from "./alignments.js";
import { scored } from "./scored.test.support.js";

const UTTERANCES = [
  scored("2-b", "good morning", "good mourning", { speaker: "2" }),
  scored("1-b", "yes", ""),
  scored("1-a", "no", "no"),
];

test("the text is sclite's, by speaker and id, an empty line after each utterance", () => {
  assert.equal(
    alignmentsAsText(UTTERANCES),
    [
      "id: (1-a)",
      "Scores: (#C #S #D #I) 1 0 0 0",
      "REF:  no",
      "HYP:  no",
      "Eval:",
      "",
      "id: (1-b)",
      "Scores: (#C #S #D #I) 0 0 1 0",
      "REF:  YES",
      "HYP:  ***",
      "Eval: D",
      "",
      "id: (2-b)",
      "Scores: (#C #S #D #I) 1 1 0 0",
      "REF:  good MORNING",
      "HYP:  good MOURNING",
      "Eval:      S",
      "",
      "",
    ].join("\n"),
  );
});

test("the JSON has one object for each step", () => {
  const [, , last] = JSON.parse(alignmentsAsJson(UTTERANCES));
  assert.deepEqual(last, {
    id: "2-b",
    speaker: "2",
    reference: "good morning",
    hypothesis: "good mourning",
    words: { substitutions: 1, deletions: 0, insertions: 0, hits: 1, referenceLength: 2 },
    alignment: [
      { kind: "hit", reference: "good", hypothesis: "good" },
      { kind: "substitution", reference: "morning", hypothesis: "mourning" },
    ],
  });
});
