import assert from "node:assert/strict";
import { test } from "node:test";
import { RecognizerError } from "./errors.js";

test("a message is one line without what a terminal obeys, whatever a damaged file or its name held", () => {
  const { message, code } = new RecognizerError("bad-bundle", "a\nb.dsb: its node in\u001264 is none");
  assert.equal(message, "a\ufffdb.dsb: its node in\ufffd64 is none");
  assert.equal(code, "bad-bundle");
});
