import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../seeded-random.test.support.js";
import { bitsFor, PackedArray } from "./packed-array.js";

test("numbers of every width come back as they went in", () => {
  const random = new SeededRandom(12);
  for (let bits = 1; bits <= 32; bits++) {
    const largest = 2 ** bits - 1;
    const values = [largest, 0, largest, ...Array.from({ length: 200 }, () => random.below(2 ** bits))];
    const packed = PackedArray.create(values.length, largest);
    assert.equal(packed.bits, bits);
    for (const [index, value] of values.entries()) packed.set(index, value);
    assert.deepEqual(
      values.map((_, index) => packed.get(index)),
      values,
    );
  }
});

test("a width is as small as it can be", () => {
  assert.deepEqual([0, 1, 2, 255, 256, 2 ** 32 - 1].map(bitsFor), [1, 1, 2, 8, 9, 32]);
});
