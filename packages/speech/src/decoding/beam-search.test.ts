import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { type Alphabet, encodeText, englishAlphabet } from "../text/alphabet.js";
import { beamSearchDecode, createBeamSearchDecoder } from "./beam-search.js";
import type { BeamSearchOptions } from "./beam-search-options.js";
import type { Emissions } from "./emissions.js";
import {
  type ExhaustiveOptions,
  exhaustiveSearch,
  RandomBigramModel,
  randomEmissions,
  sliceFrames,
} from "./exhaustive-search.test.support.js";
import { Lexicon } from "./lexicon.js";
import type { TimedHypothesis } from "./timed-word.js";

const letters: Alphabet = { tokens: ["a", " ", "<blank>", "b"], blankId: 2 };
const everything = {
  frameSeconds: 0.025,
  beamSize: 5000,
  beamThreshold: Number.POSITIVE_INFINITY,
  tokenThreshold: Number.POSITIVE_INFINITY,
};

function assertNear(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);
}

/** The beam search must agree with the exhaustive search on the ten best texts, whole scores and parts. */
function assertExact(emissions: Emissions, options: ExhaustiveOptions): void {
  const { lexicon, ...rest } = options;
  const expected = exhaustiveSearch(emissions, letters, options).slice(0, 10);
  const withLexicon = lexicon === undefined ? {} : { lexicon: new Lexicon(lexicon, letters) };
  const found = beamSearchDecode(emissions, letters, {
    ...everything,
    wordScore: 0,
    ...rest,
    ...withLexicon,
    nBest: 10,
  });
  assert.deepEqual(
    found.map(({ text }) => text),
    expected.map(({ text }) => text),
  );
  for (const [rank, hypothesis] of found.entries()) {
    for (const part of ["score", "acousticScore", "lmScore"] as const) {
      assertNear(hypothesis[part], expected[rank]?.[part] as number, 1e-9, `${part} of rank ${rank}`);
    }
    assert.deepEqual(hypothesis.tokenIds, encodeText(hypothesis.text, letters));
    assert.deepEqual(
      hypothesis.timedWords.map(({ word }) => word),
      hypothesis.words,
    );
  }
}

test("acoustics alone: the texts and scores of the exhaustive search", () => {
  const random = new SeededRandom(11);
  for (let round = 0; round < 60; round++)
    assertExact(randomEmissions(random, random.below(7), 4, 1 + random.below(4)), {});
});

test("with a language model and word scores: the texts and scores of the exhaustive search", () => {
  const random = new SeededRandom(12);
  for (let round = 0; round < 60; round++) {
    assertExact(randomEmissions(random, 1 + random.below(6), 4, 1 + random.below(4)), {
      languageModel: new RandomBigramModel(["a", "b", "ab", "ba", "aba"], random),
      lmWeight: 2 * random.next(),
      wordScore: 4 * random.next() - 2,
      unknownWordScore: -4 * random.next(),
    });
  }
});

test("with a lexicon: the texts and scores of the exhaustive search", () => {
  const random = new SeededRandom(13);
  const lexicon = new Set(["a", "ab", "bab", "bb"]);
  for (let round = 0; round < 40; round++) {
    assertExact(randomEmissions(random, 1 + random.below(6), 4, 1 + random.below(4)), {
      languageModel: new RandomBigramModel(["a", "bb"], random),
      lmWeight: random.next(),
      unknownWordScore: -random.next(),
      lexicon,
    });
  }
});

test("with hot words, inside and outside the lexicon: the texts and scores of the exhaustive search", () => {
  const random = new SeededRandom(14);
  const phrases = ["a", "b", "a b", "b a", "ab", "aa", "a b a", "b b"];
  for (let round = 0; round < 60; round++) {
    const hotWords = random
      .draw(phrases, 1 + random.below(4))
      .map((phrase) => ({ phrase, weight: 6 * random.next() - 1 }));
    const lexicon = new Set(["a", "ab", "bb"]);
    assertExact(randomEmissions(random, 1 + random.below(6), 4, 1 + random.below(4)), {
      // One hot word is the model's and not the lexicon's.
      languageModel: new RandomBigramModel(["a", "bb", "b"], random),
      lmWeight: random.next(),
      unknownWordScore: -3,
      hotWords,
      ...(round % 2 === 0 ? { lexicon } : {}),
    });
  }
});

test("an unknown word score of minus infinity keeps to the model's vocabulary", () => {
  const random = new SeededRandom(15);
  const languageModel = new RandomBigramModel(["ab", "b"], random);
  for (let round = 0; round < 20; round++) {
    const unknownWordScore = Number.NEGATIVE_INFINITY;
    assertExact(randomEmissions(random, 1 + random.below(6), 4), { languageModel, lmWeight: 1, unknownWordScore });
  }
});

test("the cuts of a stream do not show, whatever is fused and however small the beam", () => {
  const random = new SeededRandom(16);
  const languageModel = new RandomBigramModel(["a", "b", "ab", "ba"], random);
  const options: BeamSearchOptions = {
    ...{ frameSeconds: 0.02, beamSize: 6, nBest: 3, languageModel, lmWeight: 0.7, wordScore: 0.5 },
    hotWords: [{ phrase: "ab a", weight: 3 }],
  };
  const decoder = createBeamSearchDecoder(letters, options);
  for (let round = 0; round < 60; round++) {
    const emissions = randomEmissions(random, random.below(60), 4, 5);
    decoder.begin();
    for (let from = 0; from < emissions.numFrames; ) {
      const to = Math.min(emissions.numFrames, from + random.below(9));
      decoder.step(sliceFrames(emissions, from, to));
      const whole = createBeamSearchDecoder(letters, options);
      whole.begin();
      whole.step(sliceFrames(emissions, 0, to));
      assert.deepEqual(decoder.partial(), whole.partial());
      from = to;
    }
    assert.deepEqual(decoder.endNBest(), beamSearchDecode(emissions, letters, options));
  }
});

test("what is stable stays, and is said again at the end", () => {
  const random = new SeededRandom(17);
  const decoder = createBeamSearchDecoder(letters, { frameSeconds: 0.02, beamSize: 8 });
  let longest = 0;
  for (let round = 0; round < 20; round++) {
    decoder.begin();
    let stable = "";
    for (let step = 0; step < 20; step++) {
      decoder.step(randomEmissions(random, 5, 4, 12));
      const now = decoder.stableText();
      assert.ok(now.startsWith(stable), `${now} must start with ${stable}`);
      stable = now;
    }
    assert.ok(decoder.end().text.startsWith(stable));
    longest = Math.max(longest, stable.length);
  }
  assert.ok(longest > 10, "the test must see stable text");
});

test("what is decided stays, however close a rival was", () => {
  const random = new SeededRandom(31);
  for (let round = 0; round < 20; round++) {
    const decoder = createBeamSearchDecoder(letters, { frameSeconds: 0.025, beamSize: 50 });
    decoder.begin();
    let decided = "";
    for (let step = 0; step < 20; step++) {
      decoder.step(randomEmissions(random, 5, 4, 3));
      decoder.decide(4);
      // All but the last four tokens, and of these only whole words, are stable.
      const { text } = decoder.partial();
      const stable = decoder.stableText();
      assert.ok(text.startsWith(stable) && stable.startsWith(decided), `"${decided}" became "${stable}"`);
      const expected = text.slice(0, Math.max(0, text.length - 4));
      assert.ok(stable.length >= expected.lastIndexOf(" "), `"${stable}" of "${text}"`);
      decided = stable;
    }
    assert.ok(decoder.end().text.startsWith(decided));
    assert.ok(decided.length > 5, decided);
  }
});

test("a number of undecided tokens that is none is refused", () => {
  const decoder = createBeamSearchDecoder(letters, { frameSeconds: 0.025 });
  decoder.begin();
  assert.throws(() => decoder.decide(-1), {
    code: "number-out-of-range",
    message: "undecidedTokens is -1; it must be a whole number from 0",
  });
});

/** Emissions that say `path`, each frame with probability `sure`. */
function emissionsAlong(path: readonly number[], numTokens: number, sure = 0.9): Emissions {
  const rest = Math.log((1 - sure) / (numTokens - 1));
  const rows = path.flatMap((best) =>
    Array.from({ length: numTokens }, (_, id) => (id === best ? Math.log(sure) : rest)),
  );
  return { logProbs: Float32Array.from(rows), numFrames: path.length, numTokens };
}

const id = (character: string): number => encodeText(character, englishAlphabet)[0] as number;
const hiYou = [28, id("h"), id("h"), 28, id("i"), id(" "), 28, 28, id("y"), id("o"), id("u"), id("u"), 28];

function nearly(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e9;
}

test("words and characters carry the times at which they were heard", () => {
  const [best] = beamSearchDecode(emissionsAlong(hiYou, 29), englishAlphabet, { frameSeconds: 0.02 });
  const { timedWords, text } = best as TimedHypothesis;
  assert.equal(text, "hi you");
  const times = timedWords.map(({ word, startSeconds, endSeconds }) => [
    word,
    nearly(startSeconds),
    nearly(endSeconds),
  ]);
  assert.deepEqual(times, [
    ["hi", 0.02, 0.1],
    ["you", 0.16, 0.24],
  ]);
  assert.deepEqual(
    timedWords.flatMap(({ characters }) =>
      characters.map(({ character, startSeconds, endSeconds }) => [
        character,
        nearly(startSeconds),
        nearly(endSeconds),
      ]),
    ),
    [
      ["h", 0.02, 0.06],
      ["i", 0.08, 0.1],
      ["y", 0.16, 0.18],
      ["o", 0.18, 0.2],
      ["u", 0.2, 0.24],
    ],
  );
});

test("confidence follows the emissions, and the calibration moves it", () => {
  const confidences = (sure: number, ...confidenceCalibration: [number, number, number]): number[] => {
    const options = { frameSeconds: 0.02, confidenceCalibration };
    const [best] = beamSearchDecode(emissionsAlong(hiYou, 29, sure), englishAlphabet, options);
    return (best as TimedHypothesis).timedWords.map(({ confidence }) => confidence);
  };
  const [sureHi, sureYou] = confidences(0.99, 0, 1, 1) as [number, number];
  const [vagueHi, vagueYou] = confidences(0.6, 0, 1, 1) as [number, number];
  assert.ok(1 > sureHi && sureHi > vagueHi && vagueHi > 0.4 && vagueHi < 0.7);
  assert.ok(1 > sureYou && sureYou > vagueYou && vagueYou > 0);
  const odds = (p: number) => p / (1 - p);
  assertNear(odds(confidences(0.6, 0, 2, 2)[0] as number), odds(vagueHi) ** 2, 1e-9, "squared odds at slope 2");
});

test("a language model, a lexicon and a hot word each mend a wrong letter", () => {
  // "tat" heard for "cat": the c is close behind.
  const emissions = emissionsAlong([id("t"), 28, id("a"), 28, id("t"), 28], 29);
  emissions.logProbs[id("t")] = Math.log(0.5);
  emissions.logProbs[id("c")] = Math.log(0.4);
  const decode = (options: Partial<BeamSearchOptions>): string =>
    (beamSearchDecode(emissions, englishAlphabet, { frameSeconds: 0.02, ...options })[0] as TimedHypothesis).text;
  assert.equal(decode({}), "tat");
  assert.equal(decode({ languageModel: new RandomBigramModel(["cat"], new SeededRandom(1)) }), "cat");
  assert.equal(decode({ lexicon: new Lexicon(["cat", "dog"], englishAlphabet) }), "cat");
  assert.equal(decode({ hotWords: [{ phrase: "cat", weight: 1 }] }), "cat");
  assert.equal(decode({ hotWords: [{ phrase: "cat food", weight: 9 }] }), "tat");
});

test("without a space in the alphabet a text is one word, and hot words match anywhere", () => {
  const alphabet: Alphabet = { tokens: ["_", "你", "好", "号"], blankId: 0 };
  const emissions = emissionsAlong([1, 0, 3, 0], 4, 0.7);
  emissions.logProbs[2 * 4 + 2] = Math.log(0.25);
  const decode = (options: Partial<BeamSearchOptions>): TimedHypothesis =>
    beamSearchDecode(emissions, alphabet, { frameSeconds: 0.02, ...options })[0] as TimedHypothesis;
  const plain = decode({});
  assert.equal(plain.text, "你号");
  const hot = decode({ hotWords: [{ phrase: "好", weight: 1.5 }] });
  assert.equal(hot.text, "你好");
  assertNear(hot.score, hot.acousticScore + 1.5, 1e-9, "score with one occurrence");
});

test("an utterance that stops inside every word of the lexicon keeps its finished words", () => {
  const lexicon = new Lexicon(["hi", "yours"], englishAlphabet);
  const options = { frameSeconds: 0.02, lexicon, beamSize: 1 };
  assert.equal(beamSearchDecode(emissionsAlong(hiYou, 29), englishAlphabet, options)[0]?.text, "hi");
});

test("a frame that no prefix can explain counts as a blank", () => {
  const emissions = emissionsAlong([0, 3, 0], 4, 1);
  const lexicon = new Lexicon(["a"], letters);
  const [best] = beamSearchDecode(emissions, letters, { frameSeconds: 0.02, lexicon });
  assert.equal(best?.text, "a");
  assertNear(best?.score as number, Math.log(1e-300), 1e-6, "score");
});

test("no frames give the empty text", () => {
  const emissions = randomEmissions(new SeededRandom(1), 0, 29);
  const [best] = beamSearchDecode(emissions, englishAlphabet, { frameSeconds: 0.02 });
  assert.deepEqual(best, { text: "", words: [], tokenIds: [], score: 0, acousticScore: 0, lmScore: 0, timedWords: [] });
});

test("bad emissions are named by the utterance's frame, and leave the utterance as it was", () => {
  const decoder = createBeamSearchDecoder(letters, { frameSeconds: 0.02 });
  decoder.begin();
  decoder.step(emissionsAlong([0, 2], 4));
  const notANumber = emissionsAlong([3, 3], 4);
  notANumber.logProbs[6] = Number.NaN;
  assert.throws(() => decoder.step(notANumber), {
    code: "invalid-emissions",
    message: "emissions at frame 3, token 2 are NaN: the model's output is not a number",
  });
  const logits = emissionsAlong([3, 3], 4);
  logits.logProbs[3] = 7;
  assert.throws(() => decoder.step(logits), {
    code: "invalid-emissions",
    message: "emissions at frame 2, token 3 are 7: a log-probability is at most 0; were logits passed?",
  });
  const impossible = emissionsAlong([3, 3], 4);
  impossible.logProbs.fill(Number.NEGATIVE_INFINITY, 4, 8);
  assert.throws(() => decoder.step(impossible), {
    code: "invalid-emissions",
    message: "emissions at frame 3 are minus infinity for every token; the model's output is unusable",
  });
  assert.throws(() => decoder.step(emissionsAlong([1], 29)), {
    code: "invalid-emissions",
    message: "emissions have 29 tokens a frame, the alphabet 4; use the alphabet that the model was trained with",
  });
  assert.equal(decoder.end().text, "a");
});

test("a decoder that was not begun, or was ended, says so", () => {
  const decoder = createBeamSearchDecoder(letters, { frameSeconds: 0.02 });
  decoder.begin();
  decoder.end();
  for (const [method, call] of Object.entries({
    step: () => decoder.step(emissionsAlong([0], 4)),
    partial: () => decoder.partial(),
    stableText: () => decoder.stableText(),
    decide: () => decoder.decide(4),
    end: () => decoder.end(),
    endNBest: () => decoder.endNBest(),
  })) {
    assert.throws(call, { code: "decoder-not-begun", message: `the decoder's ${method}() was called before begin()` });
  }
});
