import assert from "node:assert/strict";
import { test } from "node:test";
import type { SpeechError } from "../../errors.js";
import { modelFromEstimate } from "../model/from-estimate.js";
import type { NgramModel } from "../model/ngram-model.js";
import { PerplexityMeter } from "../perplexity.js";
import { bytesOf, contextsOf, estimate, probability, toySentences } from "../toy-language.test.support.js";
import { ContextCounter } from "./context-counts.js";
import { importances } from "./importance.js";
import { pruneToSize } from "./prune-to-size.js";

const TRAINING = toySentences(8, 3000, 400);
const HELD_OUT = toySentences(9, 300, 400);

function perplexityOf(model: NgramModel): number {
  const meter = new PerplexityMeter(model);
  for (const sentence of HELD_OUT) meter.add(sentence);
  return meter.result().perplexity;
}

function countsOf(model: NgramModel, sentences: readonly string[]): Float64Array {
  const counter = new ContextCounter(model);
  const bytes = new TextEncoder().encode(sentences.join("\n"));
  for (let at = 0; at < bytes.length; at += 1000) counter.addText(bytes.subarray(at, at + 1000));
  return counter.finish();
}

function prunedTo(share: number, bits: 8 | 32 = 32) {
  const estimated = estimate(TRAINING, { order: 3 });
  const model = modelFromEstimate(estimated, { bits: 32 });
  const full = bytesOf(modelFromEstimate(estimate(TRAINING, { order: 3 }), { bits })).length;
  const maxBytes = Math.floor(full * share);
  const kept = pruneToSize(model, countsOf(model, TRAINING), estimated, { maxBytes, bits });
  return { model, pruned: modelFromEstimate(kept, { bits }), maxBytes };
}

test("contexts are counted as they stand in the text", () => {
  const model = modelFromEstimate(estimate(["a b a", "b a b", "a b"], { order: 3 }), { bits: 32 });
  const counts = countsOf(model, ["a b a", "b a b", "", "  ", "a b"]);
  const stateAfter = (...words: string[]) => {
    let state = words[0] === "<s>" ? model.begin() : 0;
    for (const word of words.filter((each) => each !== "<s>")) {
      model.score(state, model.wordId(word));
      state = model.nextState;
    }
    return state;
  };
  const found = (...words: string[]) => counts[stateAfter(...words)];
  assert.equal(counts[0], 11, "8 words and 3 ends");
  assert.equal(found("<s>"), 3);
  assert.equal(found("a"), 4);
  assert.equal(found("b"), 4);
  assert.equal(found("a", "b"), 3);
  assert.equal(found("b", "a"), 2);
  assert.equal(found("<s>", "a"), 2);
});

test("a bigram's worth is Stolcke's relative entropy, summed word by word", () => {
  const sentences = ["a b a c", "b a b", "a b", "c c a b"];
  const model = modelFromEstimate(estimate(sentences, { order: 2 }), { bits: 32 });
  const counts = countsOf(model, sentences);
  const [worth] = importances(model, counts) as [Float32Array];
  const a = model.wordId("a");
  const first = model.levels[0]?.firstChildren?.get(a) as number;
  const bigrams = Array.from({ length: (model.levels[0]?.firstChildren?.get(a + 1) as number) - first }, (_, i) => ({
    index: first + i,
    word: model.word(model.levels[1]?.words?.get(first + i) as number),
  }));
  const vocabulary = ["a", "b", "c", "</s>", "<unk>"];
  const share = (counts[1 + a] as number) / (counts[0] as number);
  for (const { index, word } of bigrams) {
    // The model without this bigram, written out.
    const kept = bigrams.filter((each) => each.word !== word).map((each) => each.word);
    const sum = (context: string[], words: string[]) =>
      words.reduce((total, each) => total + probability(model, each, context), 0);
    const backoff = (1 - sum(["a"], kept)) / (1 - sum([], kept));
    const divergence = vocabulary.reduce((total, each) => {
      const before = probability(model, each, ["a"]);
      const after = kept.includes(each) ? before : backoff * probability(model, each, []);
      return total + before * Math.log(before / after);
    }, 0);
    assert.ok(Math.abs((worth[index] as number) - share * divergence) < 1e-6, `a ${word}`);
  }
});

test("a pruned model keeps to its size, whichever the bits, and uses nearly all of it", () => {
  for (const bits of [8, 32] as const) {
    const { pruned, maxBytes } = prunedTo(0.6, bits);
    const { length } = bytesOf(pruned);
    assert.ok(length <= maxBytes, `${length} of ${maxBytes}`);
    assert.ok(length > 0.97 * maxBytes, `${length} of ${maxBytes}`);
  }
});

test("a pruned model's distributions sum to one", () => {
  const { pruned } = prunedTo(0.5);
  for (const context of contextsOf(TRAINING.slice(0, 30), 3)) {
    let sum = probability(pruned, "</s>", context) + probability(pruned, "<unk>", context);
    for (const word of pruned.words()) sum += probability(pruned, word, context);
    assert.ok(Math.abs(sum - 1) < 1e-4, `${context.join(" ")} sums to ${sum}`);
  }
});

test("what matters least goes first: held-out perplexity suffers less than from leaving out as many by count", () => {
  const byCount = modelFromEstimate(estimate(TRAINING, { order: 3, prune: [0, 1, 2] }), { bits: 32 });
  const estimated = estimate(TRAINING, { order: 3 });
  const model = modelFromEstimate(estimated, { bits: 32 });
  const options = { maxBytes: bytesOf(byCount).length, bits: 32 } as const;
  const pruned = modelFromEstimate(pruneToSize(model, countsOf(model, TRAINING), estimated, options), { bits: 32 });
  assert.ok(perplexityOf(pruned) < perplexityOf(byCount), `${perplexityOf(pruned)} and ${perplexityOf(byCount)}`);
});

test("a model that is small enough stays as it is", () => {
  const { model, pruned } = prunedTo(1);
  assert.deepEqual(pruned.counts, model.counts);
  assert.ok(Math.abs(perplexityOf(pruned) / perplexityOf(model) - 1) < 1e-4);
});

test("where the words alone are too much, it is said; with hardly more, orders go as a whole", () => {
  assert.throws(
    () => prunedTo(0.01),
    (error: SpeechError) => {
      assert.equal(error.code, "invalid-option");
      assert.match(error.message, /^the model's \d+ words alone take \d+ bytes, more than the \d+ allowed; allow more/);
      return true;
    },
  );
  const unigrams = bytesOf(modelFromEstimate(estimate(TRAINING, { order: 1 }), { bits: 32 })).length;
  const full = bytesOf(modelFromEstimate(estimate(TRAINING, { order: 3 }), { bits: 32 })).length;
  const { pruned } = prunedTo((unigrams + 40) / full);
  assert.equal(pruned.order, 1);
});
