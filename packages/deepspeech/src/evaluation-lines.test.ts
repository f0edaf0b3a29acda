import assert from "node:assert/strict";
import { test } from "node:test";
import { corpusErrorRates, scoreUtterance } from "@deepspeech-ts/speech";
import { analyse } from "@deepspeech-ts/toolkit/internal/evaluation/analysis.js";
import { compareResults } from "@deepspeech-ts/toolkit/internal/evaluation/comparison.js";
import type { EvaluationResult } from "@deepspeech-ts/toolkit/internal/evaluation/evaluate.js";
import { breakdownLines, comparisonLines, evaluationLines, invarianceLines, worstLines } from "./evaluation-lines.js";

const PAIRS = [
  { id: "right", reference: "good morning", hypothesis: "good morning" },
  { id: "half", reference: "good morning", hypothesis: "good mourning" },
  { id: "all", reference: "yes", hypothesis: "" },
  { id: "all-of-more", reference: "well done", hypothesis: "wall dune x" },
];

function resultOf(changes: Partial<EvaluationResult> = {}): EvaluationResult {
  const utterances = PAIRS.map((pair, i) => ({
    ...pair,
    speaker: pair.id === "half" ? "bo" : "al",
    audioPath: `${pair.id}.wav`,
    durationSeconds: 1 + 2 * i,
    ...scoreUtterance(pair.reference, pair.hypothesis),
  }));
  const rates = corpusErrorRates(PAIRS);
  return { rates, loss: 0.5, utterances, leftOut: [], audioSeconds: 120, elapsedSeconds: 6, ...changes };
}

const INTERVALS = {
  wer: { low: 0.2, high: 1.125, confidence: 0.95 },
  cer: { low: 0.0512, high: 0.5, confidence: 0.95 },
};

test("the corpus's rates with their intervals, what they are made of, and the speed", () => {
  assert.deepEqual(evaluationLines(resultOf(), { intervals: INTERVALS }), [
    "WER   71.43%  95% [20.00, 112.50]  (S 3, D 1, I 1, N 7 words)",
    "CER   22.22%  95% [5.12, 50.00]  (S 2, D 3, I 3, N 36 characters)",
    "SER   75.00%  of 4 utterances have an error",
    "Loss  0.5000",
    "RTF   0.0500  2.0 min of audio in 6.0 s",
  ]);
});

test("false alarms have a line, where there are recordings without words", () => {
  const falseAlarms = { numWordless: 12, numAlarms: 3, numWords: 1 };
  const lines = evaluationLines(resultOf(), { intervals: INTERVALS, falseAlarms });
  assert.equal(lines[3], "FA    25.00%  of 12 recordings without words are false alarms: 1 word recognised");
});

test("utterances that were left out are counted, the first few named", () => {
  const leftOut = ["a", "b", "c", "d"].map((id) => ({ id, reason: "cut short" }));
  assert.deepEqual(evaluationLines(resultOf({ leftOut }), { intervals: INTERVALS }).slice(5), [
    "4 utterances left out:",
    "  a: cut short",
    "  b: cut short",
    "  c: cut short",
    "  … and 1 more",
  ]);
});

test("the worst utterances come first, those without error never", () => {
  assert.deepEqual(worstLines(resultOf(), 2), [
    "",
    "all-of-more  WER 150.00% (S 2, D 0, I 1)",
    "  reference   well done",
    "  hypothesis  wall dune x",
    "",
    "all  WER 100.00% (S 0, D 1, I 0)",
    "  reference   yes",
    "  hypothesis  (nothing)",
  ]);
  assert.equal(worstLines(resultOf(), 10).length, 12);
  assert.deepEqual(worstLines(resultOf(), 0), []);
});

test("rates of each speaker, the worst first, and of each length", () => {
  assert.deepEqual(breakdownLines(analyse(resultOf().utterances)), [
    "",
    "speaker         WER         CER       words  utterances",
    "al           80.00%      29.17%           5           3",
    "bo           50.00%       8.33%           2           1",
    "",
    "length           WER         CER       words  utterances",
    "0 to 2 s       0.00%       0.00%           2           1",
    "2 to 4 s      50.00%       8.33%           2           1",
    "4 to 6 s     100.00%     100.00%           1           1",
    "6 to 8 s     150.00%      44.44%           2           1",
  ]);
});

test("a comparison tells the difference, its interval, and where it lies", () => {
  const { utterances } = resultOf();
  const other = utterances.map((utterance) =>
    utterance.id === "half" ? { ...utterance, hypothesis: "", ...scoreUtterance(utterance.reference, "") } : utterance,
  );
  const comparison = compareResults(utterances, other);
  const [, title, wer, cer, counts, ...changed] = comparisonLines(comparison, { other: "runs/b", show: 3 });
  assert.equal(title, "Compared with runs/b");
  assert.match(wer!, /^WER {3}71\.43% against 85\.71%: -14\.29 points, 95% \[-\d+\.\d\d, 0\.00\], p = \d\.\d\d$/);
  assert.match(cer!, /^CER {3}22\.22% against 52\.78%: -30\.56 points/);
  assert.equal(counts, "      better in 1 utterance, worse in 0, alike in 3");
  assert.deepEqual(changed, [
    "",
    "half  1 error fewer",
    "  reference   good morning",
    "  hypothesis  good mourning",
    "  other       (nothing)",
  ]);
});

test("batch invariance holds, or names what breaks it", () => {
  const report = { numUtterances: 38, largestDifference: 1.25e-6, tolerance: 1e-4, differences: [] };
  assert.deepEqual(invarianceLines(report), [
    "",
    "Batch invariance holds for 38 utterances: log-probabilities differ by 1.3e-6 at most, 0.0001 allowed",
  ]);
  const differences = [
    { id: "a", rescoring: "alone" as const, largestDifference: 0.5, hypotheses: ["yes", "no"] as [string, string] },
    { id: "a", rescoring: "shuffled" as const, largestDifference: 0.1, hypotheses: ["yes", "yes"] as [string, string] },
  ];
  assert.deepEqual(invarianceLines({ ...report, largestDifference: 0.5, differences }), [
    "",
    "Batch invariance broken for 1 utterance of 38: log-probabilities differ by 5.0e-1 at most, 0.0001 allowed",
    '  a, alone: 5.0e-1, "yes", then "no"',
    "  a, shuffled: 1.0e-1, the same text",
  ]);
});
