import assert from "node:assert/strict";
import { test } from "node:test";
import { quotationMarks } from "./apostrophes.js";

const table: [string, number[]][] = [
  ["don’t, can't", []],
  ["'Hello,' he said.", [0, 7]],
  ["‘Hello’", [0, 6]],
  ["'Tis the boys' hat.", []],
  ["'ello, guv", []],
  ["rock 'n' roll!", []],
  ["in the '90s, the girls' hats", []],
  ["'It's late,' she said, 'go.'", [0, 11, 23, 27]],
  ["'OME OF THE BOYS' HATS", []],
  ["𝐀' and 'b'.", [8, 10]],
  ["'it is 6' and 'no'", [0, 8, 14, 17]],
  ["'it is 6' tall,' she said", [0, 15]],
];

for (const [text, marks] of table) {
  test(`quotation marks of ${text}`, () => {
    assert.deepEqual([...quotationMarks(text)], marks);
  });
}
