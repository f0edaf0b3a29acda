import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, englishAlphabet } from "../text/alphabet.js";
import { type BeamSearchOptions, resolveBeamSearchOptions } from "./beam-search-options.js";
import { RandomBigramModel } from "./exhaustive-search.test.support.js";
import { Lexicon } from "./lexicon.js";

const resolve = (options: Partial<BeamSearchOptions>, alphabet: Alphabet = englishAlphabet) =>
  resolveBeamSearchOptions({ frameSeconds: 0.02, ...options }, alphabet);

test("what is not set has its default", () => {
  assert.deepEqual(resolve({ beamSize: 7 }), {
    ...{ frameSeconds: 0.02, beamSize: 7, beamThreshold: 16, tokenThreshold: 9, topTokens: 20 },
    ...{ languageModel: undefined, lmWeight: 0.5, wordScore: 0, unknownWordScore: -1, lexicon: undefined },
    ...{ hotWords: [], nBest: 1, confidenceCalibration: [0, 1, 1] },
  });
});

test("a language model brings a word score, and a beam that is as much wider as the model weighs", () => {
  const languageModel = new RandomBigramModel(["a"], new SeededRandom(1));
  const defaultsAt = (lmWeight: number) => {
    const { wordScore, beamThreshold } = resolve({ languageModel, lmWeight });
    return { wordScore, beamThreshold };
  };
  assert.deepEqual(defaultsAt(0.25), { wordScore: 0.625, beamThreshold: 16 });
  assert.deepEqual(defaultsAt(4), { wordScore: 2.5, beamThreshold: 64 });
  assert.equal(resolve({ languageModel, lmWeight: 4, beamThreshold: 9 }).beamThreshold, 9);
});

test("numbers that make no sense are refused by name", () => {
  const languageModel = new RandomBigramModel(["a"], new SeededRandom(1));
  const cases: [Partial<BeamSearchOptions>, string][] = [
    [{ beamSize: 0 }, "beamSize is 0; it must be a whole number from 1 to 100000"],
    [{ beamSize: 3e9 }, "beamSize is 3000000000; it must be a whole number from 1 to 100000"],
    [{ topTokens: 1.5 }, "topTokens is 1.5; it must be a whole number from 1"],
    [{ nBest: Number.NaN }, "nBest is NaN; it must be a whole number from 1"],
    [{ beamThreshold: 0 }, "beamThreshold is 0; it must be above 0"],
    [{ tokenThreshold: -1 }, "tokenThreshold is -1; it must be above 0"],
    [{ frameSeconds: Number.POSITIVE_INFINITY }, "frameSeconds is Infinity; it must be a finite number above 0"],
    [
      { confidenceCalibration: [0, -1, 1] },
      "confidenceCalibration is [0,-1,1]; it must be three finite numbers, the second and third at least 0",
    ],
    [{ languageModel, lmWeight: -1 }, "lmWeight is -1; it must be from 0 to 20"],
    [{ wordScore: Number.NaN }, "wordScore is NaN; it must be from -100 to 100"],
    [{ languageModel, unknownWordScore: 1 }, "unknownWordScore is 1; it must be at most 0"],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => resolve(options), { code: "number-out-of-range", message });
  }
});

test("options without effect, unknown ones, and those of another alphabet are refused", () => {
  const spaceless: Alphabet = { tokens: ["_", "a"], blankId: 0 };
  const cases: [() => unknown, string][] = [
    [() => resolve({ lmWeight: 1 }), "lmWeight has no effect without a languageModel"],
    [() => resolve({ unknownWordScore: -1 }), "unknownWordScore has no effect without a languageModel"],
    [() => resolve({ wordScore: 1 }, spaceless), "wordScore needs an alphabet with a space, which is what ends a word"],
    [
      () => resolve({ lexicon: new Lexicon(["a"], { tokens: ["_", "a", " "], blankId: 0 }) }),
      "the lexicon was made with another alphabet; make it with the model's",
    ],
    [
      () => resolve({ beamWidth: 9 } as Partial<BeamSearchOptions>),
      "beamWidth is no option of the beam search; it has beamSize, beamThreshold, tokenThreshold, topTokens, lmWeight, " +
        "wordScore, unknownWordScore, hotWords, nBest, confidenceCalibration, frameSeconds, languageModel, lexicon",
    ],
  ];
  for (const [act, message] of cases) assert.throws(act, { code: "invalid-option", message });
});
