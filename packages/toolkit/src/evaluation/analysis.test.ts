import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapInterval } from "@deepspeech-ts/speech";
import { analyse } from "./analysis.js";
import { scored } from "./scored.test.support.js";

const LENGTHS = [0.5, 1.9, 2, 3.99, 29.9, 30, 400];
const UTTERANCES = LENGTHS.map((durationSeconds, i) =>
  scored(`u${i}`, "one two", i % 2 === 0 ? "one two" : "one", { durationSeconds, speaker: `s${i % 3}` }),
);

test("intervals are those of the corpus's words and characters", () => {
  const { intervals } = analyse(UTTERANCES);
  assert.deepEqual(intervals.wer, bootstrapInterval(UTTERANCES.map(({ words }) => words)));
  assert.deepEqual(intervals.cer, bootstrapInterval(UTTERANCES.map(({ characters }) => characters)));
});

test("the worst speaker comes first", () => {
  const speakers = analyse(UTTERANCES).bySpeaker;
  assert.deepEqual(
    speakers.map(({ speaker, rates }) => [speaker, rates.wer, rates.numUtterances]),
    [
      ["s0", 1 / 6, 3],
      ["s1", 1 / 4, 2],
      ["s2", 1 / 4, 2],
    ].sort((a, b) => Number(b[1]) - Number(a[1])),
  );
});

test("a length belongs to the group that it begins; groups without utterances are left out", () => {
  const groups = analyse(UTTERANCES).byLength;
  assert.deepEqual(
    groups.map(({ fromSeconds, toSeconds, rates }) => [fromSeconds, toSeconds, rates.numUtterances]),
    [
      [0, 2, 2],
      [2, 4, 2],
      [20, 30, 1],
      [30, null, 2],
    ],
  );
});

test("a length has an interval where it has five utterances", () => {
  const five = Array.from({ length: 5 }, (_, i) => scored(`${i}`, "a b", i === 0 ? "a" : "a b"));
  assert.equal(analyse(five.slice(1)).byLength[0]?.interval, null);
  assert.deepEqual(analyse(five).byLength[0]?.interval, analyse(five).intervals.wer);
});

test("recordings without words have false alarms, and are in no table where their speaker has said none at all", () => {
  const noise = [
    scored("n0", "", "oh", { durationSeconds: 12, speaker: "street" }),
    scored("n1", "", "", { durationSeconds: 2.5, speaker: "s0" }),
  ];
  const analysis = analyse([...UTTERANCES, ...noise]);
  assert.deepEqual(analysis.falseAlarms, { numWordless: 2, numAlarms: 1, numWords: 1 });
  assert.deepEqual(analysis.bySpeaker.map(({ speaker }) => speaker).sort(), ["s0", "s1", "s2"]);
  assert.ok(!analysis.byLength.some(({ fromSeconds }) => fromSeconds === 10));
  assert.equal(analysis.byLength.find(({ fromSeconds }) => fromSeconds === 2)?.rates.numUtterances, 3);
  assert.equal(analyse(UTTERANCES).falseAlarms, undefined);
});
