import assert from "node:assert/strict";
import { test } from "node:test";
import { modelFromEstimate } from "../model/from-estimate.js";
import { PerplexityMeter } from "../perplexity.js";
import { ReferenceModel } from "../reference-kneser-ney.test.support.js";
import { arpaText, contextsOf, estimate, probability, toySentences } from "../toy-language.test.support.js";
import { estimateDiscounts } from "./discounts.js";
import { type EstimationOptions, NgramEstimator } from "./estimate.js";

const WENT_SKI = [
  "I went to",
  "I go to",
  "You went to",
  "You go to",
  "Joe went to",
  "Joe go to",
  "Anna went ski",
  "Anna went ski",
];

// What `lmplz --text test.txt --arpa test.lm -o 2` prints for this text, from kpu/kenlm issue 405. Its discounts of
// unigrams come from n1 = 4 and n2 = 3, since it counts "ski", the last unigram, by its plain count (issue 427); they
// are given here, and everything else must follow.
test("it agrees with what lmplz printed", () => {
  const [, bigrams] = estimate(WENT_SKI, { order: 2 }).discounts;
  assert.ok(bigrams && !bigrams.fallback);
  const discounts = [estimateDiscounts({ countsOfCounts: [0, 4, 3, 1, 1] }), bigrams];
  const lines = arpaText(estimate(WENT_SKI, { order: 2, discounts })).split("\n");
  assert.deepEqual(lines.slice(0, 5), ["\\data\\", "ngram 1=11", "ngram 2=16", "", "\\1-grams:"]);
  const expected = `
    -1.30103 <unk> 0 / 0 <s> -0.059768215 / -1.1249387 </s> 0 / -1.0579919 I -0.5228788 / -0.6726411 went -0.022929981 /
    -1.1249387 to -0.30103 / -0.82390875 go 0 / -1.0579919 You -0.5228788 / -1.0579919 Joe -0.5228788 /
    -1.0579919 Anna -0.059768215 / -1.0579919 ski -0.059768215 / -0.26962152 to </s> / -0.7123581 ski </s> /
    -0.9649993 <s> I / -0.383262 I went / -0.383262 You went / -0.383262 Joe went / -0.50341624 Anna went`;
  for (const entry of expected.split(/\s\/\s/)) {
    const [logProb, ...rest] = entry.trim().split(/\s+/);
    const backoff = Number(rest.at(-1));
    const words = Number.isNaN(backoff) ? rest.join(" ") : rest.slice(0, -1).join(" ");
    const found = lines.map((line) => line.split("\t")).find(([, ngram]) => ngram === words);
    assert.ok(found, words);
    assert.ok(Math.abs(Number(found[0]) - Number(logProb)) < 1e-5, `${words}: ${found[0]}`);
    if (!Number.isNaN(backoff))
      assert.ok(Math.abs(Number(found[2]) - backoff) < 1e-5, `back-off of ${words}: ${found[2]}`);
  }
});

test("without the slip of lmplz the counts of counts are those of the text", () => {
  const [unigrams] = estimate(WENT_SKI, { order: 2 }).discounts;
  assert.deepEqual(unigrams, estimateDiscounts({ countsOfCounts: [0, 5, 2, 1, 1] }));
});

test("it agrees with the formulas, for every order, pruned or not", () => {
  const sentences = toySentences(1, 120);
  for (const [order, prune] of [
    [1, []],
    [1, [2]],
    [2, []],
    [3, []],
    [3, [0, 1]],
    [4, []],
    [4, [0, 0, 1, 1]],
    [3, [3, 3, 4]],
  ] as const) {
    const reference = new ReferenceModel(sentences, order, prune);
    const estimated = estimate(sentences, { order, prune });
    assert.deepEqual(
      estimated.discounts.map(({ one, two, threeOrMore }) => [one, two, threeOrMore]),
      reference.discounts.map((triple) => [...triple]),
    );
    const model = modelFromEstimate(estimated, { bits: 32 });
    for (const context of contextsOf(sentences.slice(0, 12), order)) {
      for (const word of reference.words) {
        // The model cannot tell an unknown word from one that was pruned.
        const known = context.map((before) =>
          before === "<s>" || reference.words.includes(before) ? before : "never",
        );
        const expected = reference.probability(word, known);
        const found = probability(model, word, context);
        assert.ok(Math.abs(Math.log10(found / expected)) < 1e-5, `order ${order}: p(${word} | ${context.join(" ")})`);
      }
    }
  }
});

test("perplexity agrees with the formulas to 1e-4", () => {
  const sentences = toySentences(2, 300);
  const held = toySentences(3, 30);
  const reference = new ReferenceModel(sentences, 3);
  const meter = new PerplexityMeter(modelFromEstimate(estimate(sentences, { order: 3 }), { bits: 32 }));
  let logProb = 0;
  let tokens = 0;
  for (const sentence of held) {
    meter.add(sentence);
    const words = ["<s>", ...sentence.split(" "), "</s>"];
    for (let i = 1; i < words.length; i++) {
      logProb += Math.log(reference.probability(words[i] as string, words.slice(Math.max(0, i - 2), i)));
      tokens += 1;
    }
  }
  const expected = Math.exp(-logProb / tokens);
  assert.ok(Math.abs(meter.result().perplexity - expected) / expected < 1e-4);
});

test("every distribution sums to one, pruned or not, with and without a vocabulary", () => {
  const sentences = toySentences(4, 150);
  const vocabulary = Array.from({ length: 12 }, (_, index) => `w${index}`);
  const cases: EstimationOptions[] = [
    { order: 1 },
    { order: 2 },
    { order: 4 },
    { order: 3, prune: [0, 0, 1] },
    { order: 4, prune: [0, 1, 2] },
    { order: 3, prune: [2, 2, 5] },
    { order: 3, vocabulary },
    { order: 3, vocabulary, prune: [1] },
    { order: 6 },
  ];
  for (const options of cases) {
    const model = modelFromEstimate(estimate(sentences, options), { bits: 32 });
    for (const context of contextsOf(sentences, options.order)) {
      let sum = probability(model, "</s>", context) + probability(model, "<unk>", context);
      for (const word of model.words()) sum += probability(model, word, context);
      assert.ok(Math.abs(sum - 1) < 1e-5, `${JSON.stringify(options)}: ${context.join(" ")} sums to ${sum}`);
    }
  }
});

test("a vocabulary leaves the other words out", () => {
  const model = modelFromEstimate(estimate(toySentences(4, 150), { order: 3, vocabulary: ["w1", "w2", "absent"] }));
  assert.deepEqual([...model.words()].toSorted(), ["w1", "w2"]);
});

test("a text far larger than its memory gives the same model", () => {
  const sentences = toySentences(5, 4000);
  for (const prune of [[], [0, 1, 2]]) {
    const whole = arpaText(estimate(sentences, { order: 4, prune }));
    const spilled = arpaText(estimate(sentences, { order: 4, prune, memoryBytes: 1 }));
    assert.ok(whole === spilled);
  }
});

test("chunks may cut lines and characters, blanks and empty lines do not count", () => {
  const text = " ça va  bien\t\n\n\r\nça va\r\nà bientôt";
  const bytes = new TextEncoder().encode(text);
  const estimator = new NgramEstimator({ order: 2 });
  for (const byte of bytes) estimator.addText(Uint8Array.of(byte));
  const estimated = estimator.finish();
  assert.equal(estimated.numWords, 7);
  assert.equal(estimated.numSentences, 3);
  assert.equal(arpaText(estimated), arpaText(estimate(["ça va bien", "ça va", "à bientôt"], { order: 2 })));
});

test("a text too small for discounts gets the fallback, and says so", () => {
  const { discounts } = estimate(["a b", "c d"], { order: 2 });
  assert.deepEqual(discounts[1], { one: 0.5, two: 1, threeOrMore: 1.5, fallback: true });
});

test("bad text and options are refused", () => {
  assert.throws(() => estimate(["a b", "a <s> b"], { order: 2 }), {
    code: "invalid-text",
    message: 'line 2 holds the word "<s>", which the model keeps for itself; remove it from the text',
  });
  assert.throws(() => estimate(["", "  "], { order: 2 }), {
    code: "invalid-text",
    message: "the text holds no words; a language model needs some",
  });
  assert.throws(() => estimate(["a"], { order: 7 }), {
    code: "invalid-option",
    message: "order is 7; it must be a whole number from 1 to 6",
  });
  assert.throws(() => estimate(["a"], { order: 2, prune: [1, 0] }), {
    code: "invalid-option",
    message: "prune is [1,0]; it must hold at most 2 whole numbers, none below the one before",
  });
});
