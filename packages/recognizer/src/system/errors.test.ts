import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "./errors.js";

test("a message is one line, whatever a file's name or content holds", () => {
  const { message } = new UserError("a\nb\u2028c\u001b[2Jd\u202ee.wav: is empty.");
  assert.equal(message, "a\ufffdb\ufffdc\ufffd[2Jd\ufffde.wav: is empty.");
});

test("a message of thousands of letters keeps its beginning and its end", () => {
  const { message } = new UserError(
    `corpus.jsonl, line 3: the id "${"x".repeat(70_000)}" is twice there; give each its own.`,
  );
  assert.ok(message.length < 810, `${message.length}`);
  assert.match(message, /^corpus\.jsonl, line 3: the id "x+ … x+" is twice there; give each its own\.$/);
});
