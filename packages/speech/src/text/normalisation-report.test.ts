import assert from "node:assert/strict";
import { test } from "node:test";
import { NormalisationReport } from "./normalisation-report.js";
import { normaliseEnglish } from "./normalise-english.js";

function reportOn(texts: string[], maxExamples?: number): NormalisationReport {
  const report = new NormalisationReport(maxExamples === undefined ? {} : { maxExamples });
  for (const [i, text] of texts.entries()) report.add(`utt-${i}`, normaliseEnglish(text));
  return report;
}

test("the report reads as lines, the commonest first", () => {
  const report = reportOn(["in 1984", "plain words", "well, yes, no, 漢", "a 漢 \n 😀"], 2);
  assert.equal(
    report.toString(),
    [
      "utterances: 4, changed: 2, with refused characters: 2",
      'punctuation: 3, such as "," to "" in utt-2; "," to "" in utt-2',
      'number: 1, such as "1984" to "nineteen eighty four" in utt-0',
      'refused "漢" (U+6F22): 2, such as at position 15 of utt-2; at position 2 of utt-3',
      'refused "😀" (U+1F600): 1, such as at position 6 of utt-3',
    ].join("\n"),
  );
});

test("the summary counts everything and keeps only the asked number of examples", () => {
  const summary = reportOn(["é é é é é", "#"]).summary();
  assert.equal(summary.numUtterances, 2);
  assert.equal(summary.numChanged, 1);
  assert.equal(summary.numRefused, 1);
  assert.equal(summary.changes.get("accent")?.count, 5);
  assert.deepEqual(
    summary.changes.get("accent")?.examples.map(({ position }) => position),
    [0, 2, 4],
  );
  assert.deepEqual(summary.refused.get("#"), {
    count: 1,
    examples: [{ utteranceId: "utt-1", from: "#", to: "", position: 0 }],
  });
});

test("without examples only counts remain", () => {
  assert.equal(
    reportOn(["a, #"], 0).toString(),
    'utterances: 1, changed: 1, with refused characters: 1\npunctuation: 1\nrefused "#" (U+0023): 1',
  );
});

test("a bad maxExamples is refused", () => {
  for (const maxExamples of [-1, 1.5]) {
    assert.throws(() => new NormalisationReport({ maxExamples }), {
      code: "invalid-option",
      message: `maxExamples is ${maxExamples}; it must be a whole number from 0 up`,
    });
  }
});
