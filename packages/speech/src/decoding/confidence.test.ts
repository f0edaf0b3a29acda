import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrateConfidence, correctWords } from "./confidence.js";

test("a calibration moves the log-odds, and keeps the order", () => {
  const odds = (p: number) => p / (1 - p);
  // By hand: odds exp(a) p^b / (1 - p)^c.
  assert.ok(Math.abs(odds(calibrateConfidence(0.25, [Math.log(3), 2, 1])) - (3 * 0.25 ** 2) / 0.75) < 1e-12);
  for (const calibration of [
    [0, 1, 1],
    [-2, 0.5, 0.5],
    [1, 0, 3],
    [0.3, 0, 0],
  ] as const) {
    const confidences = [0, 1e-9, 0.2, 0.6, 1 - 1e-9, 1].map((p) => calibrateConfidence(p, calibration));
    assert.deepEqual(
      confidences.toSorted((a, b) => a - b),
      confidences,
    );
    assert.ok(confidences.every((p) => p >= 0 && p <= 1));
  }
});

test("without a calibration a confidence stays as it is, to the bit", () => {
  for (const confidence of [0, 0.1, 1 / 3, 1]) assert.equal(calibrateConfidence(confidence, [0, 1, 1]), confidence);
});

test("words are right or wrong by the alignment with the reference", () => {
  assert.deepEqual(correctWords(["the", "cat", "sad", "here"], ["the", "fat", "cat", "sat"]), [
    true,
    true,
    false,
    false,
  ]);
});
