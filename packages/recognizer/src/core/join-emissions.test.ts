import assert from "node:assert/strict";
import { test } from "node:test";
import { type Alphabet, type Emissions, greedyDecode } from "@deepspeech-ts/speech";
import { randomNumbers } from "../fixtures.test.support.js";
import { joinEmissions } from "./join-emissions.js";

const alphabet: Alphabet = { tokens: ["a", "b", " ", "-"], blankId: 3 };

/** Emissions that mark each token at its frame, in one frame, and are blank elsewhere; "." is blank. */
function marks(text: string, sureness = 0.95): Emissions {
  const numTokens = alphabet.tokens.length;
  const logProbs = new Float32Array(text.length * numTokens).fill(Math.log((1 - sureness) / (numTokens - 1)));
  for (const [frame, character] of [...text].entries()) {
    const token = character === "." ? alphabet.blankId : alphabet.tokens.indexOf(character);
    logProbs[frame * numTokens + token] = Math.log(sureness);
  }
  return { logProbs, numFrames: text.length, numTokens };
}

const decode = (emissions: Emissions): string =>
  greedyDecode(emissions, alphabet)
    .tokenIds.map((id) => alphabet.tokens[id])
    .join("");

test("one window is itself", () => {
  const emissions = marks("a..b");
  assert.deepEqual(joinEmissions([{ firstFrame: 0, emissions }], [alphabet.blankId]), emissions);
});

test("marks that two windows place a frame apart are neither lost nor doubled", () => {
  // The overlap is frames 20 to 60; the middle, frame 40, is just where the windows disagree.
  const first = `....a....b.......... ....a....${"..........a...b....."}..........`;
  const second = `${"...........a...b...."}..........b..a.......... ..a`;
  const joined = joinEmissions(
    [
      { firstFrame: 0, emissions: marks(first) },
      { firstFrame: 30, emissions: marks(second) },
    ],
    [alphabet.blankId],
  );
  assert.equal(joined.numFrames, 30 + second.length);
  assert.equal(decode(joined), "ab aabba a");
});

test("windows cut out of one sequence join to that sequence", () => {
  const random = randomNumbers(5);
  const text = Array.from({ length: 400 }, () => (random() < 0.3 ? "ab "[Math.floor(random() * 3)]! : ".")).join("");
  const whole = marks(text);
  const windows = [0, 60, 120, 180, 240, 300].map((firstFrame) => ({
    firstFrame,
    emissions: marks(text.slice(firstFrame, firstFrame + 100)),
  }));
  assert.deepEqual(joinEmissions(windows, [alphabet.blankId]), whole);
});

test("what a window's ends get wrong is not taken", () => {
  const text = "..a....b....a......b....a....b.....a....b...";
  const first = `${text.slice(0, 26)}bbbb`;
  const second = `aaaa${text.slice(14)}`;
  const windows = [
    { firstFrame: 0, emissions: marks(first) },
    { firstFrame: 10, emissions: marks(second) },
  ];
  assert.equal(decode(joinEmissions(windows, [alphabet.blankId])), decode(marks(text)));
});

test("windows of a model that writes phones change over where neither letters nor phones are marked", () => {
  // Of two alphabets side by side; the blanks of the second are its fourth token.
  const both = (letters: string, phones: string): Emissions => {
    const [own, other] = [marks(letters), marks(phones)];
    const width = own.numTokens;
    const logProbs = new Float32Array(2 * own.logProbs.length);
    for (let frame = 0; frame < own.numFrames; frame++) {
      logProbs.set(own.logProbs.subarray(frame * width, (frame + 1) * width), 2 * frame * width);
      logProbs.set(other.logProbs.subarray(frame * width, (frame + 1) * width), (2 * frame + 1) * width);
    }
    return { logProbs, numFrames: own.numFrames, numTokens: 2 * width };
  };
  const blankIds = [alphabet.blankId, alphabet.tokens.length + alphabet.blankId];
  const quiet = ".".repeat(60);
  // The middle of the overlap, frame 40, is quiet in letters; phones are marked there, a frame apart.
  const phones = (at: number) => `${".".repeat(at)}a${".".repeat(59 - at)}`;
  const windows = [
    { firstFrame: 0, emissions: both(quiet, phones(40)) },
    { firstFrame: 20, emissions: both(quiet, phones(21)) },
  ];
  const joined = joinEmissions(windows, blankIds);
  const marked = (from: number) => {
    const width = alphabet.tokens.length;
    const own = new Float32Array(joined.numFrames * width);
    for (let frame = 0; frame < joined.numFrames; frame++) {
      const start = 2 * frame * width + from;
      own.set(joined.logProbs.subarray(start, start + width), frame * width);
    }
    return decode({ logProbs: own, numFrames: joined.numFrames, numTokens: width });
  };
  assert.equal(marked(0), "");
  assert.equal(marked(alphabet.tokens.length), "a");
});
