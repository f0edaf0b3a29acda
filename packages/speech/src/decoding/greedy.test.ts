import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, encodeText, englishAlphabet } from "../text/alphabet.js";
import type { Emissions } from "./emissions.js";
import { createGreedyDecoder, greedyDecode } from "./greedy.js";

const letters: Alphabet = { tokens: ["a", "<blank>", " ", "b"], blankId: 1 };

/** Emissions whose best path is `path`, each step with probability 0.7. */
function emissionsAlong(path: number[], numTokens: number): Emissions {
  const rest = Math.log(0.3 / (numTokens - 1));
  const logProbs = Float32Array.from(
    path.flatMap((best) => Array.from({ length: numTokens }, (_, id) => (id === best ? Math.log(0.7) : rest))),
  );
  return { logProbs, numFrames: path.length, numTokens };
}

function randomEmissions(random: SeededRandom, numFrames: number, numTokens: number): Emissions {
  const logProbs = new Float32Array(numFrames * numTokens);
  for (let start = 0; start < logProbs.length; start += numTokens) {
    const weights = Array.from({ length: numTokens }, () => random.next() + 1e-6);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    logProbs.set(
      weights.map((weight) => Math.log(weight / total)),
      start,
    );
  }
  return { logProbs, numFrames, numTokens };
}

function slice({ logProbs, numTokens }: Emissions, from: number, to: number): Emissions {
  return { logProbs: logProbs.slice(from * numTokens, to * numTokens), numFrames: to - from, numTokens };
}

test("repeats collapse, blanks go, and a blank keeps a double letter", () => {
  const path = [28, ...encodeText("hheel", englishAlphabet), 28, ...encodeText("llo", englishAlphabet), 28];
  const hypothesis = greedyDecode(emissionsAlong(path, 29), englishAlphabet);
  assert.equal(hypothesis.text, "hello");
  assert.deepEqual(hypothesis.tokenIds, encodeText("hello", englishAlphabet));
  assert.ok(Math.abs(hypothesis.score - path.length * Math.log(0.7)) < 1e-5);
  assert.equal(hypothesis.acousticScore, hypothesis.score);
  assert.equal(hypothesis.lmScore, 0);
});

test("outer and doubled spaces stay in the ids and leave the text", () => {
  const hypothesis = greedyDecode(emissionsAlong([2, 0, 2, 1, 2, 3, 2], 4), letters);
  assert.deepEqual(hypothesis.tokenIds, [2, 0, 2, 2, 3, 2]);
  assert.equal(hypothesis.text, "a b");
  assert.deepEqual(hypothesis.words, ["a", "b"]);
});

test("equal log-probabilities go to the lower id", () => {
  const emissions = { logProbs: new Float32Array(4).fill(Math.log(0.25)), numFrames: 1, numTokens: 4 };
  assert.deepEqual(greedyDecode(emissions, letters).tokenIds, [0]);
});

test("no frames give the empty hypothesis", () => {
  const emissions = { logProbs: new Float32Array(0), numFrames: 0, numTokens: 4 };
  assert.deepEqual(greedyDecode(emissions, letters), {
    text: "",
    words: [],
    tokenIds: [],
    score: 0,
    acousticScore: 0,
    lmScore: 0,
  });
});

// Every path is scored whole and the best one collapsed by string replacement: no code is shared with the decoder.
test("it finds the best of all paths", () => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 60; round++) {
    const numFrames = 1 + random.below(5);
    const emissions = randomEmissions(random, numFrames, 4);
    let best = { score: Number.NEGATIVE_INFINITY, path: "" };
    for (let code = 0; code < 4 ** numFrames; code++) {
      const path = code.toString(4).padStart(numFrames, "0");
      const score = [...path].reduce(
        (sum, id, frame) => sum + (emissions.logProbs[frame * 4 + Number(id)] as number),
        0,
      );
      if (score > best.score) best = { score, path };
    }
    const collapsed = best.path.replace(/(.)\1+/g, "$1").replaceAll("1", "");
    const hypothesis = greedyDecode(emissions, letters);
    assert.equal(hypothesis.tokenIds.join(""), collapsed);
    assert.ok(Math.abs(hypothesis.score - best.score) < 1e-9);
  }
});

test("the cuts of a stream do not show", () => {
  const random = new SeededRandom(4);
  const decoder = createGreedyDecoder(letters);
  for (let round = 0; round < 100; round++) {
    const emissions = randomEmissions(random, random.below(30), 4);
    decoder.begin();
    for (let from = 0; from < emissions.numFrames; ) {
      const to = Math.min(emissions.numFrames, from + random.below(6));
      decoder.step(slice(emissions, from, to));
      assert.deepEqual(decoder.partial(), greedyDecode(slice(emissions, 0, to), letters));
      from = to;
    }
    assert.deepEqual(decoder.end(), greedyDecode(emissions, letters));
  }
});

test("begin forgets an unfinished utterance, and a hypothesis does not change later", () => {
  const decoder = createGreedyDecoder(letters);
  decoder.begin();
  decoder.step(emissionsAlong([0], 4));
  const partial = decoder.partial();
  decoder.step(emissionsAlong([3], 4));
  assert.equal(partial.text, "a");
  assert.deepEqual(partial.tokenIds, [0]);
  decoder.begin();
  assert.equal(decoder.end().text, "");
});

test("a decoder that was not begun, or was ended, says so", () => {
  const decoder = createGreedyDecoder(letters);
  decoder.begin();
  decoder.end();
  const calls = {
    step: () => decoder.step(emissionsAlong([0], 4)),
    partial: () => decoder.partial(),
    end: () => decoder.end(),
  };
  for (const [method, call] of Object.entries(calls)) {
    assert.throws(call, {
      code: "decoder-not-begun",
      message: `the decoder's ${method}() was called before begin()`,
    });
  }
});

test("bad emissions are named by the utterance's frame, and leave the utterance as it was", () => {
  const decoder = createGreedyDecoder(letters);
  decoder.begin();
  decoder.step(emissionsAlong([0, 1], 4));
  const bad = emissionsAlong([3, 3], 4);
  bad.logProbs[6] = Number.NaN;
  assert.throws(() => decoder.step(bad), {
    code: "invalid-emissions",
    message: "emissions at frame 3, token 2 are NaN: the model's output is not a number",
  });
  assert.equal(decoder.end().text, "a");
});

test("emissions and alphabets that do not fit are refused", () => {
  assert.throws(() => greedyDecode(emissionsAlong([0], 4), englishAlphabet), { code: "invalid-emissions" });
  assert.throws(() => createGreedyDecoder({ tokens: ["a", "a"], blankId: 0 }), { code: "invalid-alphabet" });
});
