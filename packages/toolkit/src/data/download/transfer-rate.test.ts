import assert from "node:assert/strict";
import { test } from "node:test";
import { TransferRate } from "./transfer-rate.js";

test("rate and time left are those of the last seconds", () => {
  const rate = new TransferRate();
  rate.add(0, 0);
  assert.deepEqual([rate.bytesPerSecond, rate.secondsLeft(1000)], [0, undefined]);
  for (let second = 1; second <= 10; second++) rate.add(100 * second, second);
  assert.deepEqual([rate.bytesPerSecond, rate.secondsLeft(2000)], [100, 10]);
  for (let second = 11; second <= 30; second++) rate.add(1000 + 10 * (second - 10), second);
  assert.deepEqual([rate.bytesPerSecond, rate.secondsLeft(2000)], [10, 80]);
});

test("a transfer that starts over is measured anew", () => {
  const rate = new TransferRate();
  rate.add(5000, 0);
  rate.add(6000, 1);
  rate.add(0, 2);
  rate.add(500, 3);
  assert.equal(rate.bytesPerSecond, 500);
});
