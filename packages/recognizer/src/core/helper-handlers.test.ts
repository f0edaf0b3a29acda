import assert from "node:assert/strict";
import { test } from "node:test";
import { type Alphabet, alignText, type Emissions, UNCALIBRATED } from "@deepspeech-ts/speech";
import { randomNumbers } from "../fixtures.test.support.js";
import { helperHandlers } from "./helper-handlers.js";
import { SegmentSearch } from "./search.js";

const alphabet: Alphabet = { tokens: ["a", "b", " ", "-"], blankId: 3 };
const scale = { frameSeconds: 0.04, confidenceCalibration: UNCALIBRATED };
const handlers = helperHandlers(
  { alphabet, ...scale, languageModel: undefined, pronunciations: undefined },
  async (path) => {
    throw new Error(`asked for ${path}`);
  },
);

function randomEmissions(numFrames: number): Emissions {
  const random = randomNumbers(3);
  const numTokens = alphabet.tokens.length;
  const logProbs = new Float32Array(numFrames * numTokens);
  for (let frame = 0; frame < numFrames; frame++) {
    const weights = alphabet.tokens.map(() => 0.01 + random());
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    logProbs.set(
      weights.map((weight) => Math.log(weight / total)),
      frame * numTokens,
    );
  }
  return { logProbs, numFrames, numTokens };
}

test("long work gives what it gives at once, and ends when it is given up; other calls have their turns", async () => {
  const emissions = randomEmissions(8000);
  // Some 25 million states, which take several steps.
  const text = "ab ".repeat(700).trim();
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  const [first, second] = [handlers.align(1, emissions, text), handlers.align(2, emissions, text)];
  const settled = [first.then(note("first")), second.catch(note("second"))];
  await handlers.ready().then(note("another"));
  await handlers.giveUp(2);
  await assert.rejects(second, { message: "the work was given up" });
  assert.deepEqual((await first).result, alignText(emissions, text, alphabet, scale));
  await Promise.all(settled);
  assert.deepEqual(order, ["another", "second", "first"]);
});

test("a search in steps finds what it finds at once, and ends when it is given up", async () => {
  const emissions = randomEmissions(1000);
  const settings = { ...scale, wordTimes: true, useLanguageModel: false, beam: { beamSize: 20, nBest: 2 } };
  const given = handlers.search(1, emissions, settings);
  const found = handlers.search(2, emissions, settings);
  await handlers.giveUp(1);
  await assert.rejects(given, { message: "the work was given up" });
  assert.deepEqual((await found).result, new SegmentSearch(settings, { alphabet }).end(emissions));
});
