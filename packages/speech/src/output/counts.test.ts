import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlural } from "./counts.js";

test("one is one, and nothing, many and parts are many", () => {
  assert.deepEqual(
    [0, 1, 2, 1024, 1.5].map((value) => formatPlural(value, "batch", "batches")),
    ["0 batches", "1 batch", "2 batches", "1,024 batches", "1.5 batches"],
  );
  assert.equal(formatPlural(3, "word"), "3 words");
});
