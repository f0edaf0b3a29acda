import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { SampleBuffer } from "./sample-buffer.js";

function filled(): SampleBuffer {
  const buffer = new SampleBuffer();
  for (const [first, count] of [
    [0, 3],
    [3, 4],
    [7, 2],
  ] as const) {
    buffer.push(Float32Array.from({ length: count }, (_, i) => first + i));
  }
  return buffer;
}

test("slices run across the pieces that came", () => {
  const buffer = filled();
  assert.equal(buffer.end, 9);
  for (const [from, to] of [
    [0, 9],
    [2, 8],
    [3, 7],
    [4, 4],
    [8, 9],
  ] as const) {
    assert.deepEqual(
      [...buffer.slice(from, to)],
      Array.from({ length: to - from }, (_, i) => from + i),
    );
  }
});

test("what was dropped is gone, and what lies after it is not", () => {
  const buffer = filled();
  buffer.dropBefore(5);
  assert.deepEqual([...buffer.slice(5, 9)], [5, 6, 7, 8]);
  assert.throws(() => buffer.slice(4, 6), {
    name: "RangeError",
    message: "SampleBuffer: 4 to 6 lies outside 5 to 9",
  });
  assert.throws(() => buffer.view(8, 10), { name: "RangeError" });
  buffer.dropBefore(100);
  assert.deepEqual([buffer.end, buffer.slice(9, 9).length], [9, 0]);
});

test("what is kept stays while any number of samples come and go", () => {
  const random = randomNumbers(5);
  const buffer = new SampleBuffer();
  let dropped = 0;
  for (let round = 0; round < 2000; round++) {
    const [first, count] = [buffer.end, Math.floor(50 * random() * random())];
    buffer.push(Float32Array.from({ length: count }, (_, i) => first + i));
    dropped = Math.max(dropped, buffer.end - Math.floor(120 * random()));
    buffer.dropBefore(dropped);
    const from = dropped + Math.floor((buffer.end - dropped) * random());
    assert.deepEqual(
      [...buffer.view(from, buffer.end)],
      Array.from({ length: buffer.end - from }, (_, i) => from + i),
    );
  }
});
