import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alphabet } from "../text/alphabet.js";
import { checkEmissionsMatch, type Emissions, validateEmissions } from "./emissions.js";

function emissionsOf(numFrames: number, numTokens: number, values: number[]): Emissions {
  return { logProbs: Float32Array.from(values), numFrames, numTokens };
}

test("log-probabilities, minus infinity, a little rounding and no frames at all are accepted", () => {
  validateEmissions(emissionsOf(2, 2, [0, Number.NEGATIVE_INFINITY, 0.0009, -7]));
  validateEmissions(emissionsOf(0, 29, []));
});

test("a bad shape is refused", () => {
  for (const [numFrames, numTokens] of [
    [-1, 2],
    [1.5, 2],
    [1, 0],
    [1, Number.NaN],
  ] as const) {
    assert.throws(() => validateEmissions(emissionsOf(numFrames, numTokens, [])), {
      code: "invalid-emissions",
      message: `emissions have numFrames ${numFrames} and numTokens ${numTokens}; both must be whole numbers, numTokens at least 1`,
    });
  }
});

test("a size that disagrees with the shape is refused", () => {
  assert.throws(() => validateEmissions(emissionsOf(2, 3, [0, 0, 0])), {
    code: "invalid-emissions",
    message: "emissions hold 3 log-probabilities; 2 frames of 3 tokens need 6",
  });
});

test("NaN and logits are refused, by frame and token", () => {
  assert.throws(() => validateEmissions(emissionsOf(2, 3, [0, 0, 0, 0, Number.NaN, 0])), {
    code: "invalid-emissions",
    message: "emissions at frame 1, token 1 are NaN: the model's output is not a number",
  });
  assert.throws(() => validateEmissions(emissionsOf(2, 3, [0, 0, 0, 0, 0, 2.5]), 100), {
    code: "invalid-emissions",
    message: "emissions at frame 101, token 2 are 2.5: a log-probability is at most 0; were logits passed?",
  });
});

test("emissions for another alphabet are refused", () => {
  const alphabet: Alphabet = { tokens: ["_", "a", "b"], blankId: 0 };
  checkEmissionsMatch(emissionsOf(1, 3, [0, 0, 0]), alphabet);
  assert.throws(() => checkEmissionsMatch(emissionsOf(1, 2, [0, 0]), alphabet), {
    code: "invalid-emissions",
    message: "emissions have 2 tokens a frame, the alphabet 3; use the alphabet that the model was trained with",
  });
});
