import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "../fixtures.test.support.js";
import { combineAlternatives, segmentOf, transcriptionOf } from "./transcription.js";

const found = (text: string, score: number) => ({
  text,
  words: text === "" ? [] : text.split(" "),
  tokenIds: [],
  score,
  acousticScore: score,
  lmScore: 0,
});

test("the best texts of the whole are the best choices of the parts", () => {
  const lists = [
    [
      { text: "a", score: -1 },
      { text: "b", score: -4 },
    ],
    [
      { text: "c", score: -1 },
      { text: "d", score: -2 },
      { text: "", score: -3.5 },
    ],
  ];
  assert.deepEqual(combineAlternatives(lists, 4), [
    { text: "a c", score: -2 },
    { text: "a d", score: -3 },
    { text: "a", score: -4.5 },
    { text: "b c", score: -5 },
  ]);
  assert.deepEqual(combineAlternatives([], 3), [{ text: "", score: 0 }]);
});

test("a text that comes of several choices is told once, with the best score", () => {
  const list = [
    { text: "a", score: 0 },
    { text: "", score: -1 },
  ];
  for (const count of [3, 4]) {
    assert.deepEqual(combineAlternatives([list, list], count), [
      { text: "a a", score: 0 },
      { text: "a", score: -1 },
      { text: "", score: -2 },
    ]);
  }
});

test("the best of all choices are found, and fast, however many there are", () => {
  const random = randomNumbers(5);
  const listOf = (length: number) =>
    Array.from({ length }, (_, i) => ({ text: `${i} of ${random()}`, score: -10 * random() })).sort(
      (a, b) => b.score - a.score,
    );
  const lists = [listOf(5), listOf(7), listOf(1), listOf(6)];
  const every = lists.reduce(
    (ways, list) => ways.flatMap((way) => list.map(({ text, score }) => [...way, { text, score }])),
    [[]] as { text: string; score: number }[][],
  );
  const scores = every.map((way) => way.reduce((sum, { score }) => sum + score, 0)).sort((a, b) => b - a);
  assert.deepEqual(
    combineAlternatives(lists, 20).map(({ score }) => score),
    scores.slice(0, 20),
  );
  const started = performance.now();
  const many = Array.from({ length: 500 }, () => listOf(100));
  assert.equal(combineAlternatives(many, 100).length, 100);
  // It takes some 0.1 s, and with all pairs and all texts a minute.
  assert.ok(performance.now() - started < 5000);
});

test("words' times count from the recording's start", () => {
  const characters = [{ character: "a", startSeconds: 0.5, endSeconds: 0.75 }];
  const timedWords = [{ word: "a", startSeconds: 0.5, endSeconds: 0.75, confidence: 0.5, characters }];
  const segment = segmentOf([{ ...found("a", -1), timedWords }], { startSeconds: 10, endSeconds: 12 });
  const shifted = [{ character: "a", startSeconds: 10.5, endSeconds: 10.75 }];
  assert.deepEqual(segment.timedWords, [
    { word: "a", startSeconds: 10.5, endSeconds: 10.75, confidence: 0.5, characters: shifted },
  ]);
});

test("words of the silence around a segment are its own, and none lies beyond it", () => {
  const word = (startSeconds: number, endSeconds: number) => ({ word: "a", startSeconds, endSeconds, confidence: 0.5 });
  const placed = (startSeconds: number, endSeconds: number) =>
    segmentOf([{ ...found("a", -1), timedWords: [{ ...word(startSeconds, endSeconds), characters: [] }] }], {
      startSeconds: 10,
      endSeconds: 10.4,
      leadSeconds: 0.5,
    }).timedWords?.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  assert.deepEqual(placed(0.25, 0.75), [[10, 10.25]]);
  assert.deepEqual(placed(0, 0.25), [[10, 10]]);
  assert.deepEqual(placed(0.75, 1.25), [[10.25, 10.4]]);
});

test("a transcription joins its segments", () => {
  const first = segmentOf([found("good morning", -1)], { startSeconds: 0, endSeconds: 1 });
  const second = segmentOf([found("everyone", -2)], { startSeconds: 3, endSeconds: 4 });
  const { text, words, nBest, timedWords } = transcriptionOf([first, second], {
    durationSeconds: 5,
    nBest: 1,
    wordTimes: false,
  });
  assert.equal(text, "good morning everyone");
  assert.deepEqual(words, ["good", "morning", "everyone"]);
  assert.deepEqual(nBest, [{ text, score: -3 }]);
  assert.equal(timedWords, undefined);
});
