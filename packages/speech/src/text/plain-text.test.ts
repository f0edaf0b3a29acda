import assert from "node:assert/strict";
import { test } from "node:test";
import { plainText } from "./plain-text.js";

const table: [string, string, string][] = [
  ["spaces of every kind", "a\u00a0b\u2009c\u3000d\u202fe\tf", "a b c d e\tf"],
  ["line ends of every kind", "a\r\nb\u2028c\u2029d\u0085e\ff\vg", "a\nb\nc\nd\ne\nf\ng"],
  ["characters of no width", "co\u00adop\u200bera\ufefftion\u200e \u2060x", "cooperation x"],
  ["a letter of two pieces", "cafe\u0301", "café"],
  ["joiners that are spelling", "می\u200cخواهم", "می\u200cخواهم"],
  ["plain text", "As it is, 100%.\n", "As it is, 100%.\n"],
];

for (const [name, text, expected] of table) {
  test(name, () => assert.equal(plainText(text), expected));
}
