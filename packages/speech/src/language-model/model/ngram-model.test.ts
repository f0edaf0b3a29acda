import assert from "node:assert/strict";
import { test } from "node:test";
import { PerplexityMeter, scoreSentence } from "../perplexity.js";
import { bytesOf, contextsOf, estimate, probability, toySentences } from "../toy-language.test.support.js";
import { Checksum } from "./checksum.js";
import { modelFromEstimate } from "./from-estimate.js";
import { NgramModel } from "./ngram-model.js";
import type { QuantisationBits } from "./quantised-values.js";

const TRAINING = toySentences(8, 3000, 400);
const HELD_OUT = toySentences(9, 300, 400);

function modelOf(bits: QuantisationBits, order = 4): NgramModel {
  return modelFromEstimate(estimate(TRAINING, { order }), { bits });
}

function perplexityOf(model: NgramModel): number {
  const meter = new PerplexityMeter(model);
  for (const sentence of HELD_OUT) meter.add(sentence);
  return meter.result().perplexity;
}

test("the file is the model: what comes out of it scores the same to the bit", () => {
  for (const bits of [8, 16, 32] as const) {
    const model = modelOf(bits);
    const loaded = NgramModel.fromBuffer(bytesOf(model).buffer);
    assert.deepEqual(loaded.counts, model.counts);
    assert.deepEqual([...loaded.words()], [...model.words()]);
    for (const sentence of HELD_OUT) assert.equal(scoreSentence(loaded, sentence), scoreSentence(model, sentence));
    assert.deepEqual(bytesOf(loaded), bytesOf(model));
  }
});

test("quantisation changes perplexity by less than one percent, and makes the file small", () => {
  const exact = modelOf(32);
  const reference = perplexityOf(exact);
  for (const [bits, share] of [
    [8, 0.01],
    [16, 0.0001],
  ] as const) {
    const model = modelOf(bits);
    assert.ok(Math.abs(perplexityOf(model) / reference - 1) < share, `${bits} bits`);
    if (bits === 8) assert.ok(bytesOf(model).length < 0.6 * bytesOf(exact).length);
  }
});

test("a quantised model's distributions still sum to nearly one", () => {
  const model = modelOf(8, 3);
  for (const context of contextsOf(TRAINING.slice(0, 20), 3)) {
    let sum = probability(model, "</s>", context) + probability(model, "<unk>", context);
    for (const word of model.words()) sum += probability(model, word, context);
    assert.ok(Math.abs(sum - 1) < 0.05, `${context.join(" ")} sums to ${sum}`);
  }
});

test("states hold a whole history's worth: scores do not depend on how one came to them", () => {
  const model = modelOf(8);
  const scores = new Map<number, string>();
  const probes = ["w0", "w3", "w77", "</s>"].map((word) => model.wordId(word));
  for (const sentence of HELD_OUT) {
    let state = model.begin();
    for (const word of sentence.split(" ")) {
      model.score(state, model.wordId(word));
      state = model.nextState;
      const found = probes.map((probe) => model.score(state, probe)).join(" ");
      assert.equal(scores.get(state) ?? found, found);
      scores.set(state, found);
      assert.ok(Number.isInteger(state) && state >= 0 && state < 2 ** 31);
    }
  }
});

test("end leaves nextState alone", () => {
  const model = modelOf(8);
  model.score(model.begin(), model.wordId("w0"));
  const state = model.nextState;
  assert.ok(model.end(model.begin()) < 0);
  assert.equal(model.nextState, state);
});

test("words map to ids and back, whatever their letters", () => {
  const words = ["naïve", "日本語", "😀", "x".repeat(400), "it's"];
  const model = modelFromEstimate(estimate(words, { order: 2 }));
  assert.deepEqual([...model.words()], words);
  for (const word of words) assert.equal(model.word(model.wordId(word)), word);
  assert.equal(model.wordId("naive"), model.unknownId);
  assert.equal(model.wordId(""), model.unknownId);
});

test("a file that was cut, damaged or is none is refused", () => {
  const bytes = bytesOf(modelOf(8, 2));
  const load = (changed: Uint8Array<ArrayBuffer>, verify = true) =>
    NgramModel.fromBuffer(changed.slice().buffer, { verify });
  const code = "invalid-language-model";
  assert.throws(() => load(bytes.slice(0, 1000), false), {
    code,
    message:
      /^the binary language model is damaged: it has 1000 bytes, its header speaks of \d+ or more; was it cut\?$/,
  });
  assert.throws(() => load(new Uint8Array([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]), false), {
    code,
    message: /its header speaks of/,
  });
  assert.throws(() => load(bytes.slice(0, 1001)), { code, message: /^this is no binary language model/ });
  assert.throws(() => load(new TextEncoder().encode("no model at all.")), { code, message: /^this is no binary/ });
  const newer = bytes.slice();
  newer[8] = 2;
  assert.throws(() => load(newer), {
    code,
    message: "the binary language model has format version 2, this program reads 1; build it again",
  });
  for (let at = 24; at < bytes.length; at += 1009) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1 << (at % 8);
    assert.throws(() => load(damaged), { code });
  }
});

test("perplexity counts unknown words apart", () => {
  const model = modelOf(32, 2);
  const meter = new PerplexityMeter(model);
  const sum = meter.add("w0  never w1") + meter.add("") + meter.add("w2");
  const result = meter.result();
  assert.equal(result.numWords, 4);
  assert.equal(result.numSentences, 2);
  assert.equal(result.numUnknownWords, 1);
  assert.ok(Math.abs(result.logProb - sum) < 1e-9);
  assert.ok(Math.abs(result.perplexity - Math.exp(-sum / 6)) < 1e-9);
  assert.ok(result.perplexityWithoutUnknown < result.perplexity);
  assert.throws(() => new PerplexityMeter(model).result(), { code: "invalid-text" });
});

/** A model's file after a change of its arrays, with the checksum that it then has. */
function madeWrong(change: (words: Uint32Array<ArrayBuffer>) => void): ArrayBuffer {
  const bytes = bytesOf(modelOf(32, 3)).slice();
  change(new Uint32Array(bytes.buffer));
  const checksum = new Checksum();
  checksum.update(bytes.subarray(24));
  new Uint32Array(bytes.buffer)[5] = checksum.value;
  return bytes.buffer;
}

test("a file that was made wrong is refused, where searching it would never end or give no number", () => {
  const [textBytes, slots, numWords] = new Uint32Array(madeWrong(() => {})).subarray(6, 9) as unknown as [
    number,
    number,
    number,
  ];
  const aligned = (size: number) => Math.ceil(size / 2) * 2;
  const offsets = aligned(8 + 3) + aligned(Math.ceil(textBytes / 4));
  const table = offsets + aligned(numWords + 1);
  const probabilities = table + aligned(slots);
  for (const [change, problem] of [
    [(words: Uint32Array) => words.fill(0, table, table + slots), "its vocabulary"],
    [(words: Uint32Array) => words.fill(0x7fffffff, table, table + slots - 1), "its vocabulary"],
    [(words: Uint32Array) => words.fill(0xffffffff, offsets, offsets + 1), "its vocabulary"],
    [
      (words: Uint32Array) => words.fill(0x7fc00000, probabilities, probabilities + 1),
      "the probabilities of its 1-grams",
    ],
    [(words: Uint32Array) => words.fill(0xffffffff, words.length - 4, words.length), "the links of its 3-grams"],
  ] as const) {
    assert.throws(() => NgramModel.fromBuffer(madeWrong(change)), {
      code: "invalid-language-model",
      message: `the binary language model is damaged: ${problem} cannot be right; build it again`,
    });
  }
});
