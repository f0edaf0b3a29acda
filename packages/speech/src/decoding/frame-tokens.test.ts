import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alphabet } from "../text/alphabet.js";
import type { Emissions } from "./emissions.js";
import { FrameTokens } from "./frame-tokens.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b", "c"], blankId: 2 };

/** Two frames; the second has the probabilities under test. */
function framesOf(probabilities: number[]): Emissions {
  const values = [...[0.2, 0.2, 0.2, 0.2, 0.2], ...probabilities].map(Math.log);
  return { logProbs: Float32Array.from(values), numFrames: 2, numTokens: 5 };
}

function load(probabilities: number[], tokenThreshold: number, topTokens: number): FrameTokens {
  const tokens = new FrameTokens(letters, { tokenThreshold, topTokens });
  const emissions = framesOf(probabilities);
  tokens.load(emissions, 0);
  tokens.load(emissions, 1);
  return tokens;
}

const idsOf = (tokens: FrameTokens): number[] => [...tokens.ids.subarray(0, tokens.count)];

test("tokens within the threshold of the best are kept, the likeliest first; the blank is kept aside", () => {
  assert.deepEqual(idsOf(load([0.1, 0.02, 0.8, 0.05, 0.03], Math.log(20), 9)), [0, 3]);
  assert.deepEqual(idsOf(load([0.1, 0.02, 0.8, 0.05, 0.03], Number.POSITIVE_INFINITY, 9)), [0, 3, 4, 1]);
  const tokens = load([0.9, 0, 0.0001, 0.05, 0.0499], 1, 9);
  assert.deepEqual(idsOf(tokens), [0]);
  assert.ok(Math.abs(tokens.blank - 0.0001 / 0.9) < 1e-9);
});

test("no more than the top tokens are kept, the likeliest first, ties by id", () => {
  assert.deepEqual(idsOf(load([0.1, 0.3, 0.2, 0.3, 0.1], Number.POSITIVE_INFINITY, 2)), [1, 3]);
  assert.deepEqual(idsOf(load([0.1, 0.2, 0.2, 0.4, 0.1], Number.POSITIVE_INFINITY, 3)), [3, 1, 0]);
});

test("probabilities are relative to the best, and those of pruned tokens are 0", () => {
  const tokens = load([0.5, 0.25, 0.125, 0.1, 0.025], Math.log(6), 9);
  assert.deepEqual(
    [...tokens.probability].map((probability) => Math.round(1e6 * probability) / 1e6),
    [1, 0.5, 0, 0.2, 0],
  );
  assert.ok(Math.abs(tokens.space - 0.5) < 1e-6);
  assert.ok(Math.abs(tokens.logBest - Math.log(0.5)) < 1e-6);
  assert.ok(Math.abs((tokens.doubt[1] as number) - Math.log(0.75)) < 1e-6);
});

test("a token that is certain, or a little more through rounding, leaves no doubt", () => {
  assert.equal(load([1.0005, 0, 0, 0, 0], 9, 9).doubt[0], Number.NEGATIVE_INFINITY);
});
