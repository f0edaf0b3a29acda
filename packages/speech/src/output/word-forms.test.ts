import assert from "node:assert/strict";
import { test } from "node:test";
import { fromWireWord, roundSpan, spokenWord, toWireSpan, toWireWord } from "./word-forms.js";

const WORD = {
  word: "hold",
  startSeconds: 1.23456,
  endSeconds: 1.5004,
  confidence: 0.98765,
  characters: [{ character: "h", startSeconds: 1.23456, endSeconds: 1.3 }],
};

test("a word goes over the wire under OpenAI's names, rounded, and comes back under ours", () => {
  const wire = toWireWord(WORD);
  assert.deepEqual(wire, { word: "hold", start: 1.235, end: 1.5, confidence: 0.9877 });
  assert.deepEqual(fromWireWord(wire), { word: "hold", startSeconds: 1.235, endSeconds: 1.5, confidence: 0.9877 });
});

test("a word alone keeps its times, and loses its characters", () => {
  const { characters: _, ...alone } = WORD;
  assert.deepEqual(spokenWord(WORD), alone);
});

test("a stretch of sound is rounded to the millisecond, and nothing else of its object is taken along", () => {
  assert.deepEqual(toWireSpan(WORD), { start: 1.235, end: 1.5 });
  assert.deepEqual(roundSpan(WORD), { startSeconds: 1.235, endSeconds: 1.5 });
});
