import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, quote, quoteValue, SpeechError } from "./errors.js";

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

test("quoting leaves nothing that a terminal obeys", () => {
  assert.equal(quote("a\u2028b\u009bc\u202ed\x7f"), '"a\\u2028b\\u009bc\\u202ed\\u007f"');
});

test("a value of any kind is quoted on one short line", () => {
  assert.equal(quoteValue("a\nb"), '"a\\nb"');
  assert.equal(quoteValue({ a: [1, null] }), '{"a":[1,null]}');
  assert.equal(quoteValue(undefined), "undefined");
  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, -0.5]) assert.equal(quoteValue(number), String(number));
  assert.equal(quoteValue(Array(100).fill(1)), `[${"1,".repeat(40)}`.slice(0, 80).concat("…"));
  // JSON.parse reads what JSON.stringify cannot write.
  const [lists, objects] = ["[".repeat(1e5) + "]".repeat(1e5), '{"a":'.repeat(1e5) + 1 + "}".repeat(1e5)].map((json) =>
    JSON.parse(json),
  );
  assert.equal(quoteValue(lists), "a list of lists of lists");
  assert.equal(quoteValue(objects), "an object of objects of objects");
});

test("text is made printable by what stands for each character, and cut in its middle", () => {
  assert.equal(printable("a\nb\u2028c\u001b[2Jd\u202ee"), "a\ufffdb\ufffdc\ufffd[2Jd\ufffde");
  assert.equal(printable("abcdefgh", 4), "ab … gh");
});
