/** What a language model does to words that it lacks, at every weight: they may be wrong, but never glued to others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { NgramEstimator } from "../language-model/estimation/estimate.js";
import { modelFromEstimate } from "../language-model/model/from-estimate.js";
import { corpusErrorRates } from "../metrics/error-rate.js";
import { SeededRandom } from "../seeded-random.test.support.js";
import { encodeText, englishAlphabet } from "../text/alphabet.js";
import { createBeamSearchDecoder } from "./beam-search.js";
import type { Emissions } from "./emissions.js";
import { greedyDecode } from "./greedy.js";

const NAMES = ["thursday", "monday", "friday", "tomorrow", "tonight", "today"];
const CALLERS = ["your sister", "the office", "an operator", "another customer", "our accountant", "the embassy"];
const PATTERNS = [
  (caller: string, name: string) => `incoming call from ${caller} for ${name}`,
  (caller: string, name: string) => `${caller} will ring you back ${name} after dinner`,
  (caller: string, name: string) => `please leave a message for ${caller} before ${name}`,
  (caller: string, name: string) => `${name} there were seven messages from ${caller}`,
];
const SENTENCES = PATTERNS.flatMap((pattern) =>
  CALLERS.flatMap((caller) => NAMES.map((name) => pattern(caller, name))),
);
const MISSING = ["incoming", "call", "messages", "dinner", "operator", "embassy"];

/** One frame a character and one blank between; a third of the letters and half the spaces have a rival close behind. */
function heard(text: string, random: SeededRandom): Emissions {
  const numTokens = englishAlphabet.tokens.length;
  const { blankId } = englishAlphabet;
  const rows: number[] = [];
  const frame = (first: number, rival: number, share: number) => {
    const row = new Array(numTokens).fill(0.02 / numTokens);
    row[first] += 0.98 * share;
    row[rival] += 0.98 * (1 - share);
    rows.push(...row.map(Math.log));
  };
  for (const id of encodeText(text, englishAlphabet)) {
    const isSpace = englishAlphabet.tokens[id] === " ";
    const isUnsure = random.next() < (isSpace ? 0.5 : 0.3);
    frame(id, isSpace ? blankId : 2 + random.below(26), isUnsure ? 0.4 + 0.3 * random.next() : 0.99);
    frame(blankId, id, 0.99);
  }
  return { logProbs: Float32Array.from(rows), numFrames: rows.length / numTokens, numTokens };
}

function teach(missing: readonly string[]) {
  const vocabulary = new Set(SENTENCES.join(" ").split(" "));
  for (const word of missing) vocabulary.delete(word);
  const estimator = new NgramEstimator({ order: 3, vocabulary });
  estimator.addText(new TextEncoder().encode(SENTENCES.join("\n")));
  return modelFromEstimate(estimator.finish());
}

const random = new SeededRandom(5);
const spoken = random.draw(SENTENCES, 12).map((reference) => ({ reference, emissions: heard(reference, random) }));
const numWords = (texts: readonly string[]) => texts.join(" ").split(" ").length;

for (const missing of [[], MISSING]) {
  test(`words stay apart at every weight where the model lacks ${missing.length} of them`, () => {
    const languageModel = teach(missing);
    const greedy = spoken.map(({ reference, emissions }) => ({
      reference,
      hypothesis: greedyDecode(emissions, englishAlphabet).text,
    }));
    const expected = numWords(spoken.map(({ reference }) => reference));
    for (const lmWeight of [0.25, 0.5, 1, 2, 4]) {
      const decoder = createBeamSearchDecoder(englishAlphabet, { frameSeconds: 0.02, languageModel, lmWeight });
      const pairs = spoken.map(({ reference, emissions }) => {
        decoder.begin();
        decoder.step(emissions);
        return { reference, hypothesis: decoder.end().text };
      });
      const found = numWords(pairs.map(({ hypothesis }) => hypothesis));
      assert.ok(Math.abs(found / expected - 1) < 0.05, `weight ${lmWeight}: ${found} words of ${expected}`);
      const { wer } = corpusErrorRates(pairs);
      assert.ok(wer < corpusErrorRates(greedy).wer, `weight ${lmWeight}: ${wer} of ${corpusErrorRates(greedy).wer}`);
    }
  });
}
