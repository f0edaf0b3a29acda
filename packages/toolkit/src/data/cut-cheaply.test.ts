import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchLimits, cutCheaply } from "./cut-cheaply.js";
import { Random } from "./random.js";

const noLimits = { maxBatchSeconds: 1e6, maxBatchUtterances: 1e6 };

function lengthsOf(durations: number[], limits: BatchLimits): number[][] {
  const items = durations.map((durationSeconds) => ({ durationSeconds }));
  return cutCheaply(items, limits).map((batch) => batch.map(({ durationSeconds }) => durationSeconds));
}

/** Every way to cut a list, tried one by one: no code is shared with the search. */
function cheapestOfAll(durations: number[], { maxBatchSeconds, maxBatchUtterances }: BatchLimits): number {
  let best = Number.POSITIVE_INFINITY;
  for (let cuts = 0; cuts < 2 ** (durations.length - 1); cuts++) {
    const batches: number[][] = [[]];
    for (const [i, duration] of durations.entries()) {
      batches.at(-1)!.push(duration);
      if ((cuts >> i) & 1) batches.push([]);
    }
    const fits = (batch: number[]) =>
      batch.length === 1 ||
      (batch.length <= maxBatchUtterances && batch.length * Math.max(...batch) <= maxBatchSeconds);
    if (batches.every(fits)) best = Math.min(best, costOf(batches));
  }
  return best;
}

function costOf(batches: number[][]): number {
  return batches.reduce((cost, batch) => cost + Math.max(...batch) * (batch.length + 1.5), 0);
}

test("like lengths share a batch, and unlike ones do not", () => {
  assert.deepEqual(lengthsOf([2, 2, 2.1, 9, 9.1], noLimits), [
    [2, 2, 2.1],
    [9, 9.1],
  ]);
  assert.deepEqual(lengthsOf([4, 4, 4, 4], noLimits), [[4, 4, 4, 4]]);
});

test("limits hold, and an utterance beyond them has a batch to itself", () => {
  assert.deepEqual(lengthsOf([4, 4, 4, 4], { ...noLimits, maxBatchUtterances: 2 }), [
    [4, 4],
    [4, 4],
  ]);
  assert.deepEqual(lengthsOf([4, 4, 4, 30], { ...noLimits, maxBatchSeconds: 12 }), [[4, 4, 4], [30]]);
  assert.deepEqual(lengthsOf([], noLimits), []);
});

test("no other cuts cost less", () => {
  const random = new Random("cuts");
  for (let round = 0; round < 60; round++) {
    const durations = Array.from({ length: 1 + (round % 10) }, () => 1 + 20 * random.next());
    if (round % 3 > 0) durations.sort((a, b) => a - b);
    const limits = { maxBatchSeconds: 10 + 60 * random.next(), maxBatchUtterances: 2 + (round % 5) };
    const found = lengthsOf(durations, limits);
    assert.deepEqual(found.flat(), durations);
    assert.ok(Math.abs(costOf(found) - cheapestOfAll(durations, limits)) < 1e-9, `${durations}`);
  }
});
