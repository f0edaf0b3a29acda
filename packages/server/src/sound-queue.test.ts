import assert from "node:assert/strict";
import { test } from "node:test";
import { SoundQueue } from "./sound-queue.js";

test("sound comes out as it went in; a full queue says so, and again when half is gone", async () => {
  const events: string[] = [];
  const queue = new SoundQueue(8, { onFull: () => events.push("full"), onRoom: () => events.push("room") });
  for (let piece = 0; piece < 5; piece++) queue.push(new Uint8Array(2).fill(piece));
  assert.deepEqual(events, ["full"]);
  const pieces: number[] = [];
  for await (const piece of queue) {
    pieces.push(piece[0] as number);
    if (pieces.length === 3) assert.deepEqual(events, ["full"]);
    if (pieces.length === 4) assert.deepEqual(events, ["full", "room"]);
    if (pieces.length === 5) queue.end();
  }
  assert.deepEqual(pieces, [0, 1, 2, 3, 4]);
  queue.push(new Uint8Array(9));
  assert.deepEqual(events, ["full", "room"]);
});

test("whoever waits hears of what comes and of the end", async () => {
  const queue = new SoundQueue(8, { onFull: () => {}, onRoom: () => {} });
  const iterator = queue[Symbol.asyncIterator]();
  const next = iterator.next();
  queue.push(new Uint8Array([7]));
  assert.deepEqual((await next).value, new Uint8Array([7]));
  const last = iterator.next();
  queue.end();
  assert.equal((await last).done, true);
});
