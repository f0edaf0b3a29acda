import assert from "node:assert/strict";
import { test } from "node:test";
import type { TimedWord } from "../decoding/timed-word.js";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type CueOptions, splitIntoCues } from "./cues.js";
import { formatTranscript } from "./format-transcript.js";

/** `text`'s words, each half a second long and half a second after the one before; "|" adds a pause of two seconds. */
function spoken(text: string): TimedWord[] {
  let at = 0;
  return text.split(" ").flatMap((word) => {
    if (word === "|") {
      at += 2;
      return [];
    }
    const timed = { word, startSeconds: at, endSeconds: at + 0.5, confidence: 1, characters: [] };
    at += 1;
    return [timed];
  });
}

function cueTexts(text: string, options: CueOptions = {}): string[] {
  return splitIntoCues(spoken(text), options).map(({ lines }) => lines.join(" / "));
}

test("cues break at pauses, sentence ends and the longest duration", () => {
  assert.deepEqual(cueTexts("one two | three"), ["one two", "three"]);
  assert.deepEqual(cueTexts('he said "yes." then he left. bye'), ['he said "yes."', "then he left.", "bye"]);
  assert.deepEqual(cueTexts("1 2 3 4 5", { maxSeconds: 2.5 }), ["1 2 3", "4 5"]);
  assert.deepEqual(cueTexts("one two", { pauseSeconds: 0.5 }), ["one", "two"]);
  assert.deepEqual(splitIntoCues([]), []);
});

test("lines are as even as they can be, and a long word stands alone", () => {
  assert.deepEqual(cueTexts("aaa bbb ccc", { maxLineCharacters: 8 }), ["aaa bbb / ccc"]);
  assert.deepEqual(cueTexts("aa bb cc dd", { maxLineCharacters: 8 }), ["aa bb / cc dd"]);
  assert.deepEqual(cueTexts("aa bb cc dd", { maxLineCharacters: 5, maxLines: 1 }), ["aa bb", "cc dd"]);
  assert.deepEqual(cueTexts("a abcdefghij b", { maxLineCharacters: 5, maxLines: 1 }), ["a", "abcdefghij", "b"]);
});

test("a short cue stays a while, but not into the next", () => {
  const times = (options: CueOptions): number[][] =>
    splitIntoCues(spoken("one | two three."), options).map(({ startSeconds, endSeconds }) => [
      startSeconds,
      endSeconds,
    ]);
  assert.deepEqual(times({}), [
    [0, 1],
    [3, 4.5],
  ]);
  assert.deepEqual(times({ minSeconds: 9 }), [
    [0, 3],
    [3, 12],
  ]);
});

test("words that overlap give cues that do not", () => {
  const word = (startSeconds: number, endSeconds: number, text: string) => ({
    ...{ word: text, startSeconds, endSeconds, confidence: 1, characters: [] },
  });
  const times = (...words: TimedWord[]) =>
    splitIntoCues(words).map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]);
  assert.deepEqual(times(word(0, 1.2, "Hello."), word(1.1, 1.5, "world")), [
    [0, 1.1],
    [1.1, 2.1],
  ]);
  assert.deepEqual(times(word(0.5, 1.2, "One."), word(0.5, 1, "two")), [
    [0.5, 0.501],
    [0.501, 1.501],
  ]);
});

test("whatever is said, cues keep the words, the order and the limits", () => {
  const random = new SeededRandom(41);
  for (let round = 0; round < 200; round++) {
    const text = random.draw(["a", "bcd", "efghij", "klmno.", "|"], 1 + random.below(40)).join(" ");
    const limits = {
      maxLineCharacters: 6 + random.below(20),
      maxLines: 1 + random.below(3),
      maxSeconds: 2 + random.below(6),
    };
    const cues = splitIntoCues(spoken(text), limits);
    assert.equal(
      cues.flatMap(({ lines }) => lines).join(" "),
      text.replaceAll("|", "").split(/ +/).filter(Boolean).join(" "),
    );
    for (const [index, cue] of cues.entries()) {
      assert.ok(
        cue.lines.length <= limits.maxLines && cue.lines.every((line) => line.length <= limits.maxLineCharacters),
      );
      assert.ok(cue.endSeconds - cue.startSeconds <= limits.maxSeconds);
      assert.ok(cue.endSeconds > cue.startSeconds && cue.endSeconds <= (cues[index + 1]?.startSeconds ?? Infinity));
    }
  }
});

test("impossible limits are refused", () => {
  assert.throws(() => splitIntoCues([], { maxLines: 1.5 }), {
    code: "number-out-of-range",
    message: "maxLines is 1.5; it must be a whole number from 1",
  });
  assert.throws(() => splitIntoCues([], { maxSeconds: 0 }), {
    code: "number-out-of-range",
    message: "maxSeconds is 0; it must be above 0",
  });
});

test("no cue ends after the recording, and none is without length", () => {
  const words = spoken("one two").map((word, i) => ({
    ...word,
    startSeconds: 9 + 0.99 * i,
    endSeconds: 9.99 + 0.01 * i,
  }));
  const [cue] = splitIntoCues(words, { durationSeconds: 10 });
  assert.deepEqual([cue?.startSeconds, cue?.endSeconds], [9, 10]);
  // Too far apart for one cue; the last has nothing left of its second, nor of its own length.
  const late = [0, 10].map((seconds, i) => ({ ...words[i]!, startSeconds: seconds, endSeconds: seconds }));
  const cues = splitIntoCues(late, { durationSeconds: 10 });
  assert.deepEqual(
    cues.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]),
    [
      [0, 1],
      [9.999, 10],
    ],
  );
  assert.deepEqual(splitIntoCues([], { durationSeconds: 0 }), []);
  for (const format of ["srt", "vtt"] as const) {
    const text = formatTranscript({ id: "a", text: "one two", timedWords: words, durationSeconds: 10 }, format);
    assert.match(text, /--> 00:00:10[.,]000\n/);
  }
});
