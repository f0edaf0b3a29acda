import assert from "node:assert/strict";
import { test } from "node:test";
import { quote, SpeechError } from "./errors.js";

test("an error carries its code and its message", () => {
  const error = new SpeechError("invalid-option", "beamSize is 0");
  assert.ok(error instanceof Error);
  assert.equal(error.code, "invalid-option");
  assert.equal(String(error), "SpeechError: beamSize is 0");
});

test("quoting keeps a message on one line and short", () => {
  assert.equal(quote('a "b"\nc'), '"a \\"b\\"\\nc"');
  assert.equal(quote("x".repeat(80)), `"${"x".repeat(80)}"`);
  assert.equal(quote("😀".repeat(81)), `"${"😀".repeat(80)}…"`);
});
