import assert from "node:assert/strict";
import { test } from "node:test";
import { WaitingBytes } from "./waiting-bytes.js";

test("bytes that are used up as they come are the same wherever they are cut", () => {
  const file = Uint8Array.from({ length: 5000 }, (_, i) => (7 * i) & 0xff);
  for (const pieceBytes of [1, 3, 64, 1000, 5000]) {
    const waiting = new WaitingBytes();
    const used: Uint8Array[] = [];
    for (let at = 0; at < file.length; at += pieceBytes) {
      const piece = file.slice(at, at + pieceBytes);
      const input = waiting.with(piece);
      const whole = input.length - (input.length % 37);
      used.push(input.subarray(0, whole));
      waiting.keep(input.subarray(whole));
      assert.equal(waiting.length, input.length - whole);
      // It is the caller's, and what was used must not change with it unless it was used at once.
      if (input !== piece) piece.fill(0);
    }
    assert.deepEqual(Buffer.concat([...used, waiting.with(new Uint8Array())]), Buffer.from(file));
  }
});

test("what comes byte by byte is moved a few times, and not with each byte", () => {
  const waiting = new WaitingBytes();
  const memories = new Set<ArrayBufferLike>();
  for (let i = 0; i < 100_000; i++) {
    const input = waiting.with(Uint8Array.of(i & 0xff));
    waiting.keep(input);
    memories.add(input.buffer);
  }
  assert.equal(waiting.length, 100_000);
  assert.ok(memories.size < 30, `${memories.size} memories`);
});
