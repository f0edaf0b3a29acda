import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { WorkGate } from "./work-gate.js";

const never = new AbortController().signal;

test("places go to whoever waits longest, and who gives up leaves the queue", async () => {
  const gate = new WorkGate({ maxConcurrent: 1, maxQueued: 3 });
  const order: string[] = [];
  const enter = async (name: string, signal = never) => {
    const place = await gate.enter(signal);
    order.push(name);
    return place;
  };
  const first = await enter("first");
  const givenUp = new AbortController();
  const [second, third, fourth] = [enter("second"), enter("third", givenUp.signal), enter("fourth")];
  assert.deepEqual([gate.numRunning, gate.numWaiting], [1, 3]);
  givenUp.abort(new Error("gone"));
  await assert.rejects(third, /gone/);
  assert.equal(gate.numWaiting, 2);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await turn();
  assert.deepEqual(order, ["first", "second"]);
  (await second)[Symbol.dispose]();
  (await fourth)[Symbol.dispose]();
  assert.deepEqual(order, ["first", "second", "fourth"]);
  assert.deepEqual([gate.numRunning, gate.numWaiting], [0, 0]);
  await assert.rejects(enter("late", givenUp.signal), /gone/);
});

test("beyond the queue there is a refusal with a time", async () => {
  const gate = new WorkGate({ maxConcurrent: 1, maxQueued: 0 });
  using _place = await gate.enter(never);
  await assert.rejects(gate.enter(never), (error: { statusCode: number; details: { retryAfterSeconds: number } }) => {
    assert.deepEqual([error.statusCode, error.details.retryAfterSeconds], [429, 1]);
    return true;
  });
});
