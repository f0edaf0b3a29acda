import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { workInOrder } from "./in-order.js";

test("results are told in the items' order, as soon as those before them are", async () => {
  const told: number[] = [];
  let underWay = 0;
  let most = 0;
  const options = { jobs: 3, signal: new AbortController().signal, onResult: (value: number) => told.push(value) };
  await workInOrder([30, 1, 10, 2, 20], options, async (milliseconds) => {
    most = Math.max(most, ++underWay);
    await wait(milliseconds);
    underWay -= 1;
    return milliseconds;
  });
  assert.deepEqual(told, [30, 1, 10, 2, 20]);
  assert.equal(most, 3);
});

test("an abort begins nothing more, and what is done is told", async () => {
  const told: number[] = [];
  const controller = new AbortController();
  const options = { jobs: 2, signal: controller.signal, onResult: (value: number) => told.push(value) };
  await workInOrder([0, 1, 2, 3, 4], options, async (value) => {
    if (value === 0)
      return new Promise<undefined>((resolve) => controller.signal.addEventListener("abort", () => resolve(undefined)));
    if (value === 2) controller.abort();
    return value;
  });
  assert.deepEqual(told, [1, 2]);
});
