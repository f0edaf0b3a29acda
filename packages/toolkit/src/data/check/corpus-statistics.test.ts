import assert from "node:assert/strict";
import { test } from "node:test";
import { utterance } from "../fixtures.test.support.js";
import { corpusStatistics, histogram } from "./corpus-statistics.js";

test("hours, speakers and words are counted", () => {
  const statistics = corpusStatistics([
    utterance("a", { speaker: "ada", durationSeconds: 2, text: "good morning" }),
    utterance("b", { speaker: "bob", durationSeconds: 5, text: "Good night" }),
    utterance("c", { speaker: "ada", durationSeconds: 1.5, text: "" }),
    utterance("d", { speaker: "", durationSeconds: 4, text: "hi" }),
  ]);
  const { durations, characterRates, ...rest } = statistics;
  assert.deepEqual(rest, {
    numUtterances: 4,
    audioSeconds: 12.5,
    numSpeakers: 2,
    numWithoutSpeaker: 1,
    numWords: 5,
    numDistinctWords: 4,
    speakers: [
      { speaker: "bob", audioSeconds: 5 },
      { speaker: "ada", audioSeconds: 3.5 },
    ],
  });
  for (const bins of [durations, characterRates])
    assert.equal(
      bins.reduce((total, { count }) => total + count, 0),
      4,
    );
});

test("bins have round edges, and every value is in its own", () => {
  assert.deepEqual(histogram([0.5, 1.2, 1.9, 35]), [
    { from: 0, to: 2, count: 3 },
    ...Array.from({ length: 16 }, (_, i) => ({ from: 2 * i + 2, to: 2 * i + 4, count: 0 })),
    { from: 34, to: 36, count: 1 },
  ]);
  assert.deepEqual(
    histogram([0.1, 0.3, 0.7]).map(({ from }) => from),
    [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7],
  );
  assert.deepEqual(histogram([3, 3]), [{ from: 3, to: 4, count: 2 }]);
  assert.deepEqual(histogram([]), []);
});
