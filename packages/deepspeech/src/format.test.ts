import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatAudio,
  formatBytes,
  formatDuration,
  formatPlural,
  formatRate,
  formatSmall,
  inOneCell,
  quoteForShell,
} from "./format.js";

test("durations", () => {
  const shown = [0, 2.64, 45, 59.7, 200, 3599, 3600, 7500, 360_000, Number.POSITIVE_INFINITY].map(formatDuration);
  const expected = ["0.0 s", "2.6 s", "45 s", "1 min 00 s", "3 min 20 s", "59 min 59 s"];
  assert.deepEqual(shown, [...expected, "1 h 00 min", "2 h 05 min", "100 h 00 min", "?"]);
});

test("amounts", () => {
  assert.deepEqual([formatAudio(1090), formatAudio(362_160)], ["18.2 min", "100.6 h"]);
  assert.deepEqual([formatBytes(25.34e9), formatBytes(230e6)], ["25.3 GB", "230 MB"]);
  assert.deepEqual([formatPlural(1, "step"), formatPlural(1500, "step")], ["1 step", "1,500 steps"]);
  assert.deepEqual([formatRate(0), formatRate(0.07034), formatRate(1.5)], ["0.00%", "7.03%", "150.00%"]);
  assert.deepEqual([formatSmall(5e-4), formatSmall(0)], ["5.00e-4", "0"]);
});

test("words for a shell", () => {
  const words = ["runs/x/version_0", "my data", "it's", ""];
  assert.deepEqual(words.map(quoteForShell), ["runs/x/version_0", "'my data'", "'it'\\''s'", "''"]);
});

test("names in a list", () => {
  const names = ["plain/a b.wav", "a\tb", "a\nb\r", "a\u001b[2Jb", "a\u2028b", "café"];
  assert.deepEqual(names.map(inOneCell), ["plain/a b.wav", "a\\tb", "a\\nb\\r", "a\\u001b[2Jb", "a\\u2028b", "café"]);
});
