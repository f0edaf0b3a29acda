import assert from "node:assert/strict";
import { test } from "node:test";
import { corpusErrorRates, scoreUtterance } from "@deepspeech-ts/speech";
import type { EvaluationResult } from "../evaluation/evaluate.js";
import { evaluationLines, worstLines } from "./evaluation-lines.js";

const PAIRS = [
  { id: "right", reference: "good morning", hypothesis: "good morning" },
  { id: "half", reference: "good morning", hypothesis: "good mourning" },
  { id: "all", reference: "yes", hypothesis: "" },
  { id: "all-of-more", reference: "well done", hypothesis: "wall dune x" },
];

function resultOf(changes: Partial<EvaluationResult> = {}): EvaluationResult {
  const utterances = PAIRS.map((pair) => ({ ...pair, ...scoreUtterance(pair.reference, pair.hypothesis) }));
  const rates = corpusErrorRates(PAIRS);
  return { rates, loss: 0.5, utterances, leftOut: [], audioSeconds: 120, elapsedSeconds: 6, ...changes };
}

test("the corpus's rates, what they are made of, and the speed", () => {
  assert.deepEqual(evaluationLines(resultOf()), [
    "WER   71.43%  (S 3, D 1, I 1, N 7 words)",
    "CER   22.22%  (S 2, D 3, I 3, N 36 characters)",
    "SER   75.00%  of 4 utterances have an error",
    "Loss  0.5000",
    "RTF   0.0500  2.0 min of audio in 6.0 s",
  ]);
});

test("utterances that were left out are counted, the first few named", () => {
  const leftOut = ["a", "b", "c", "d"].map((id) => ({ id, reason: "cut short" }));
  assert.deepEqual(evaluationLines(resultOf({ leftOut })).slice(5), [
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
