import assert from "node:assert/strict";
import { test } from "node:test";
import { Lifecycle } from "./lifecycle.js";

test("work is taken once ready and until the stop, and who comes amid it is told at once", async () => {
  const lifecycle = new Lifecycle();
  const told: string[] = [];
  lifecycle.onStopping(() => told.push("early"));
  lifecycle.onStopping(() => told.push("gone"))();
  assert.throws(() => lifecycle.checkOpen(), { statusCode: 503, message: /^The model is being loaded/ });
  lifecycle.becomeReady();
  assert.equal(lifecycle.startDraining(), true);
  lifecycle.checkOpen();
  assert.equal(told.length, 0);
  lifecycle.startStopping();
  assert.throws(() => lifecycle.checkOpen(), { statusCode: 503, message: /^The server is shutting down/ });
  // A live stream that was let in just before.
  lifecycle.onStopping(() => told.push("late"));
  assert.deepEqual(told, ["early", "late"]);
});

test("what was never ready is not drained, and takes no work until it stops", () => {
  const lifecycle = new Lifecycle();
  assert.equal(lifecycle.startDraining(), false);
  assert.throws(() => lifecycle.checkOpen(), { statusCode: 503, message: /^The model is being loaded/ });
  lifecycle.startStopping();
  lifecycle.becomeReady();
  assert.throws(() => lifecycle.checkOpen(), { statusCode: 503, message: /^The server is shutting down/ });
});

test("idle once nothing is under way, whether finished or called off", async () => {
  const lifecycle = new Lifecycle();
  await lifecycle.idle();
  const [first, second] = [lifecycle.begin(), lifecycle.begin()];
  const idle = lifecycle.idle();
  first[Symbol.dispose]();
  lifecycle.abortAll();
  assert.deepEqual([first.signal.aborted, second.signal.aborted], [false, true]);
  second[Symbol.dispose]();
  await idle;
});
