import assert from "node:assert/strict";
import { test } from "node:test";
import type { Emissions } from "../decoding/emissions.js";
import { randomEmissions } from "../decoding/exhaustive-search.test.support.js";
import { SeededRandom } from "../seeded-random.test.support.js";
import { finished } from "../steps.js";
import { type Alphabet, encodeText, englishAlphabet } from "../text/alphabet.js";
import { alignText } from "./align-text.js";
import { bestPath } from "./best-path.js";
import { Trellis } from "./trellis.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b"], blankId: 2 };
const scale = { frameSeconds: 0.02 };

/** The log-probability of the best of all paths that spell `text`, every path being tried. */
function bestOfAllPaths({ logProbs, numFrames, numTokens }: Emissions, text: string): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let code = 0; code < numTokens ** numFrames; code++) {
    const path = code.toString(numTokens).padStart(numFrames, "0");
    const spelt = path
      .replace(/(.)\1+/g, "$1")
      .replaceAll("2", "")
      .replace(/1+/g, " ")
      .replaceAll("0", "a")
      .replaceAll("3", "b")
      .trim();
    if (spelt !== text) continue;
    const score = [...path].reduce((sum, id, frame) => sum + (logProbs[frame * numTokens + Number(id)] as number), 0);
    best = Math.max(best, score);
  }
  return best;
}

test("it finds the best of all paths that spell the text", () => {
  const random = new SeededRandom(31);
  for (let round = 0; round < 60; round++) {
    const emissions = randomEmissions(random, 5, 4, 1 + random.below(5));
    const text = (["", "a", "ab", "aa", "a b", "bb a", "a a"] as const)[round % 7] as string;
    const alignment = alignText(emissions, text, letters, scale);
    assert.ok(Math.abs(alignment.logProb - bestOfAllPaths(emissions, text)) < 1e-9, text);
    assert.equal(alignment.score, alignment.logProb / 5);
  }
});

test("the spacing of the rows kept changes nothing", () => {
  const random = new SeededRandom(32);
  for (let round = 0; round < 40; round++) {
    const numTokens = random.below(30);
    const tokenIds = random.draw([0, 1, 3], numTokens);
    const emissions = randomEmissions(random, 2 * numTokens + 1 + random.below(60), 4, 3);
    const trellis = new Trellis(emissions, tokenIds, letters);
    const expected = finished(bestPath(trellis, emissions.numFrames));
    for (const spacing of [undefined, 1, 2, 7]) assert.deepEqual(finished(bestPath(trellis, spacing)), expected);
  }
});

test("the best path is legal, and its log-probability is the sum along it", () => {
  const random = new SeededRandom(33);
  for (let round = 0; round < 40; round++) {
    const tokenIds = random.draw([0, 3], 1 + random.below(20));
    const emissions = randomEmissions(random, 60, 4, 3);
    const { states, logProb } = finished(bestPath(new Trellis(emissions, tokenIds, letters)));
    let sum = 0;
    for (const [frame, state] of states.entries()) {
      const rise = state - (states[frame - 1] ?? 0);
      assert.ok(rise >= 0 && rise <= 2 && (rise < 2 || state % 2 === 1));
      const at = (id: number): number => emissions.logProbs[frame * 4 + id] as number;
      const isOuter = state === 0 || state === 2 * tokenIds.length;
      sum += state % 2 === 1 ? at(tokenIds[state >> 1] as number) : isOuter ? Math.max(at(2), at(1)) : at(2);
    }
    assert.ok(Math.abs(sum - logProb) < 1e-9);
    assert.ok((states.at(-1) as number) >= 2 * tokenIds.length - 1);
  }
});

/** Emissions that say `path`, each frame with probability 0.9. */
function emissionsAlong(path: readonly number[], numTokens: number): Emissions {
  const rest = Math.log(0.1 / (numTokens - 1));
  const rows = path.flatMap((best) =>
    Array.from({ length: numTokens }, (_, id) => (id === best ? Math.log(0.9) : rest)),
  );
  return { logProbs: Float32Array.from(rows), numFrames: path.length, numTokens };
}

test("words and characters get the times of their frames", () => {
  const [h, i, space, y, o] = encodeText("hi yo", englishAlphabet) as [number, number, number, number, number];
  const emissions = emissionsAlong([28, h, h, 28, i, space, 28, 28, y, o, o, 28], 29);
  const { timedWords, score, text } = alignText(emissions, " hi  yo ", englishAlphabet, { frameSeconds: 0.5 });
  assert.equal(text, "hi yo");
  assert.ok(Math.abs(score - Math.log(0.9)) < 1e-6);
  assert.deepEqual(
    timedWords.map(({ confidence: _, ...word }) => word),
    [
      {
        word: "hi",
        startSeconds: 0.5,
        endSeconds: 2.5,
        characters: [
          { character: "h", startSeconds: 0.5, endSeconds: 1.5 },
          { character: "i", startSeconds: 2, endSeconds: 2.5 },
        ],
      },
      {
        word: "yo",
        startSeconds: 4,
        endSeconds: 5.5,
        characters: [
          { character: "y", startSeconds: 4, endSeconds: 4.5 },
          { character: "o", startSeconds: 4.5, endSeconds: 5.5 },
        ],
      },
    ],
  );
  for (const { confidence } of timedWords) assert.ok(confidence > 0.8 && confidence < 1);
});

test("a wrong text scores far below the right one", () => {
  const path = [...encodeText("a good text", englishAlphabet)].flatMap((id) => [id, 28]);
  const emissions = emissionsAlong(path, 29);
  const right = alignText(emissions, "a good text", englishAlphabet, scale).score;
  const wrong = alignText(emissions, "a bad one", englishAlphabet, scale).score;
  assert.ok(right > -0.2 && wrong < -1);
});

test("words are told as they were written, with the times of what is spoken for them", () => {
  const spoken = "doctor smith paid five dollars";
  const { blankId } = englishAlphabet;
  const path = encodeText(spoken, englishAlphabet).flatMap((id) => [id, blankId]);
  const emissions = emissionsAlong(path, 29);
  const { text, timedWords } = alignText(emissions, "Dr. Smith —\npaid $5.", englishAlphabet, scale);
  const parts = alignText(emissions, spoken, englishAlphabet, scale).timedWords;
  assert.equal(text, "Dr. Smith\u00a0— paid $5.");
  assert.deepEqual(
    timedWords.map(({ word, startSeconds, endSeconds }) => [word, startSeconds, endSeconds]),
    [
      ["Dr.", parts[0]?.startSeconds, parts[0]?.endSeconds],
      ["Smith\u00a0—", parts[1]?.startSeconds, parts[1]?.endSeconds],
      ["paid", parts[2]?.startSeconds, parts[2]?.endSeconds],
      ["$5.", parts[3]?.startSeconds, parts[4]?.endSeconds],
    ],
  );
  assert.equal(timedWords[3]?.characters.map(({ character }) => character).join(""), "fivedollars");
  assert.equal(timedWords[3]?.confidence, Math.min(...parts.slice(3).map(({ confidence }) => confidence)));
});

test("a recogniser's text is taken as it stands", () => {
  for (const heard of ["mr jones", "henry viii", "'"]) {
    const { blankId } = englishAlphabet;
    const path = encodeText(heard, englishAlphabet).flatMap((id) => [id, blankId]);
    const { text, timedWords } = alignText(emissionsAlong(path, 29), heard, englishAlphabet, {
      ...scale,
      isSpelt: true,
    });
    assert.equal(text, heard);
    assert.equal(timedWords.map(({ characters }) => characters.map((c) => c.character).join("")).join(" "), heard);
  }
});

test("texts that cannot be aligned are refused with the reason", () => {
  const emissions = emissionsAlong([0, 2, 0], 4);
  assert.throws(() => alignText(emissions, "aab", letters, scale), {
    code: "alignment-infeasible",
    message: 'the text "aab" needs 4 frames, the recording has 3; is it the text of this recording?',
  });
  const sure = emissionsAlong([0, 2, 0], 4);
  for (const at of [4, 6, 7]) sure.logProbs[at] = Number.NEGATIVE_INFINITY; // only a space at frame 1
  assert.throws(() => alignText(sure, "ab", letters, scale), {
    code: "alignment-infeasible",
    message: 'the emissions give the text "ab" probability 0: no alignment gets past frame 0',
  });
  assert.throws(() => alignText(emissions, "a7b", letters, scale), {
    code: "unknown-character",
    message: 'the text "a7b" has "7", which the model cannot write; spell it out',
  });
  assert.throws(() => alignText(emissions, "a", englishAlphabet, scale), { code: "invalid-emissions" });
  assert.throws(() => alignText(emissions, "a", letters, { frameSeconds: 0 }), {
    code: "number-out-of-range",
    message: "frameSeconds is 0; it must be a finite number above 0",
  });
});

test("no frames align with no text", () => {
  const nothing = { logProbs: new Float32Array(0), numFrames: 0, numTokens: 4 };
  assert.deepEqual(alignText(nothing, "", letters, scale), { text: "", timedWords: [], logProb: 0, score: 0 });
});
