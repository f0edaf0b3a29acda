import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeTokenIds, englishAlphabet } from "@deepspeech-ts/speech";
import { utterance } from "./fixtures.test.support.js";
import { prepareUtterances } from "./prepare.js";

const options = { alphabet: englishAlphabet, normalise: true };

test("transcripts become targets of the alphabet", () => {
  const { utterances, leftOut, report } = prepareUtterances(
    [utterance("a", { text: "GOOD MORNING" }), utterance("b", { text: "It’s 5 o’clock!" })],
    options,
  );
  assert.deepEqual(
    utterances.map(({ id, targetText }) => [id, targetText]),
    [
      ["a", "good morning"],
      ["b", "it's five o'clock"],
    ],
  );
  for (const { targetText, targets } of utterances) assert.equal(decodeTokenIds(targets, englishAlphabet), targetText);
  assert.equal(utterances[1]?.text, "It’s 5 o’clock!");
  assert.deepEqual(leftOut, []);
  assert.equal(report.summary().numUtterances, 2);
});

test("what cannot be trained on is left out with its reason", () => {
  const utterances = [
    utterance("short", { durationSeconds: 0.1 }),
    utterance("long", { durationSeconds: 40 }),
    utterance("signs", { text: "привет §" }),
    utterance("empty", { text: " " }),
    utterance("dots", { text: "..." }),
    utterance("fast", { text: "a book", durationSeconds: 0.5 }),
    utterance("good", { text: "a boat", durationSeconds: 0.7 }),
  ];
  const { leftOut, utterances: kept } = prepareUtterances(utterances, {
    ...options,
    framesOf: (seconds) => Math.floor(seconds * 10),
    minDurationSeconds: 0.2,
    maxDurationSeconds: 35,
  });
  assert.deepEqual(
    leftOut.map(({ utterance: { id }, kind, reason }) => [id, kind, reason]),
    [
      ["short", "too-short", "lasts 0.10 s, under the 0.2 s allowed"],
      ["long", "too-long", "lasts 40.00 s, over the 35 s allowed"],
      ["signs", "odd-characters", 'cannot be spelt out: "п", "р", "и", "в", "е", "т", "§"'],
      ["empty", "no-words", "has no words"],
      ["dots", "no-words", "has no words"],
      ["fast", "too-few-frames", "the transcript needs 7 frames, and 0.50 s of audio give 5"],
    ],
  );
  assert.deepEqual(
    kept.map(({ id }) => id),
    ["good"],
  );
});

test("the need for frames is that of the highest speed", () => {
  const utterances = [utterance("a", { text: "a boat", durationSeconds: 0.62 })];
  const framesOf = (seconds: number): number => Math.floor(seconds * 10);
  assert.equal(prepareUtterances(utterances, { ...options, framesOf }).leftOut.length, 0);
  const { leftOut } = prepareUtterances(utterances, { ...options, framesOf, speedFactors: [0.9, 1, 1.1] });
  const reason = "the transcript needs 6 frames, and 0.62 s of audio at 1.1 times its speed give 5";
  assert.deepEqual(leftOut, [{ utterance: utterances[0], kind: "too-few-frames", reason }]);
});

test("without the normaliser, transcripts are taken as they stand", () => {
  const { utterances, leftOut, report } = prepareUtterances(
    [utterance("a", { text: "good morning" }), utterance("b", { text: "Good morning!" })],
    { ...options, normalise: false },
  );
  assert.deepEqual(
    utterances.map(({ id }) => id),
    ["a"],
  );
  assert.equal(leftOut[0]?.reason, 'not in the alphabet: "G", "!"');
  assert.equal(report.summary().numUtterances, 0);
});

test("limits that leave nothing are refused", () => {
  assert.throws(() => prepareUtterances([], { ...options, minDurationSeconds: 5, maxDurationSeconds: 1 }), {
    name: "UserError",
    message: "minDurationSeconds is 5, above maxDurationSeconds, 1; no utterance would be left.",
  });
});

test("a normaliser of one's own goes before; what it cannot tell, throws or gives wrongly leaves the utterance out", () => {
  const texts = ["zwei 2", "null", "throw", "5", "later", "[laughter] ja"];
  const normaliser = (text: string): string | null => {
    if (text === "null") return null;
    if (text === "throw") throw new Error("no such word");
    if (text === "later") return Promise.resolve(text) as unknown as string;
    return text === "5" ? (5 as unknown as string) : text.replace("2", "drei");
  };
  const { utterances: kept, leftOut } = prepareUtterances(
    texts.map((text, i) => utterance(`u${i}`, { text })),
    { alphabet: englishAlphabet, normalise: true, normaliser, soundTags: "refuse" },
  );
  assert.deepEqual(
    kept.map(({ targetText }) => targetText),
    ["zwei drei"],
  );
  assert.deepEqual(
    leftOut.map(({ reason }) => reason),
    [
      "the normaliser cannot tell how it is spoken",
      "the normaliser failed: no such word",
      "the normaliser gave a number, expected a text or null",
      "the normaliser gave a promise, expected a text or null",
      'cannot be spelt out: "[laughter]"',
    ],
  );
});
