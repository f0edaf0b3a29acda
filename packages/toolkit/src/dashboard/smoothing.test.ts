import assert from "node:assert/strict";
import { test } from "node:test";
import { smooth } from "./page/smoothing.js";

test("without weight, values stay; with weight, a constant stays from its first value on", () => {
  assert.deepEqual(smooth([3, 1, 2], 0), [3, 1, 2]);
  for (const value of smooth([5, 5, 5, 5], 0.9)) assert.ok(Math.abs(value! - 5) < 1e-12);
});

test("each average is the weighted mean of what came before it", () => {
  const weight = 0.8;
  const values = [4, 1, 7];
  const expected = (0.64 * 4 + 0.8 * 1 + 7) / (0.64 + 0.8 + 1);
  assert.ok(Math.abs(smooth(values, weight).at(-1)! - expected) < 1e-12);
});

test("a gap stays a gap, and is no zero to what follows", () => {
  assert.deepEqual(smooth([2, null, 2], 0.5), [2, null, 2]);
});
