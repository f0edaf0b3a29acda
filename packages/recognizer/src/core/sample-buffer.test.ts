import assert from "node:assert/strict";
import { test } from "node:test";
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
  assert.deepEqual([...buffer.slice(3, 9)], [3, 4, 5, 6, 7, 8]);
  assert.throws(() => buffer.slice(2, 4), {
    name: "RangeError",
    message: "SampleBuffer: 2 to 4 lies outside 3 to 9",
  });
  assert.throws(() => buffer.slice(8, 10), { name: "RangeError" });
});
