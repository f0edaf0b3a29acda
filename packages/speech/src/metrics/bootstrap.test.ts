import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { bootstrapInterval, pairedBootstrap } from "./bootstrap.js";
import type { EditCounts } from "./edit-distance.js";

function utterance(errors: number, referenceLength: number): EditCounts {
  return { substitutions: errors, deletions: 0, insertions: 0, hits: referenceLength - errors, referenceLength };
}

/** Utterances of 5 to 24 words; in each, errors come at a rate of its own, so that they clump. */
function corpus(random: SeededRandom, size: number, rate: number): EditCounts[] {
  return Array.from({ length: size }, () => {
    const ownRate = random.next() < 0.5 ? rate / 2 : rate * 1.5;
    const words = 5 + random.below(20);
    return utterance(Array.from({ length: words }, () => random.next()).filter((x) => x < ownRate).length, words);
  });
}

describe("bootstrapInterval", () => {
  test("the true rate lies in about 95% of 95% intervals", () => {
    const random = new SeededRandom(21);
    const numCorpora = 300;
    let covered = 0;
    for (let i = 0; i < numCorpora; i++) {
      const { low, high } = bootstrapInterval(corpus(random, 100, 0.2), { resamples: 300, seed: i });
      if (low <= 0.2 && 0.2 <= high) covered += 1;
    }
    // Three standard deviations of a binomial share, and some room for the percentile method's bias.
    assert.ok(covered / numCorpora > 0.9 && covered / numCorpora < 0.99, `${covered} of ${numCorpora}`);
  });

  test("its width is that of a sampling distribution: 1.96 standard errors each way", () => {
    const random = new SeededRandom(22);
    const utterances = Array.from({ length: 400 }, () => utterance(random.below(2), 1));
    const rate = utterances.reduce((total, { substitutions }) => total + substitutions, 0) / 400;
    const halfWidth = 1.96 * Math.sqrt((rate * (1 - rate)) / 400);
    const { low, high, confidence } = bootstrapInterval(utterances, { resamples: 5000 });
    assert.ok(Math.abs(rate - low - halfWidth) < 0.1 * halfWidth, `${low}`);
    assert.ok(Math.abs(high - rate - halfWidth) < 0.1 * halfWidth, `${high}`);
    assert.equal(confidence, 0.95);
  });

  test("one seed, one interval; more confidence, a wider one", () => {
    const utterances = corpus(new SeededRandom(23), 50, 0.3);
    const narrow = bootstrapInterval(utterances, { confidence: 0.8 });
    const wide = bootstrapInterval(utterances, { confidence: 0.99 });
    assert.deepEqual(bootstrapInterval(utterances, { seed: 5 }), bootstrapInterval(utterances, { seed: 5 }));
    assert.notDeepEqual(bootstrapInterval(utterances, { seed: 5 }), bootstrapInterval(utterances, { seed: 6 }));
    assert.ok(wide.low < narrow.low && narrow.high < wide.high);
  });

  test("utterances that are all alike leave no doubt", () => {
    const same = Array.from({ length: 10 }, () => utterance(1, 4));
    assert.deepEqual(bootstrapInterval(same), { low: 0.25, high: 0.25, confidence: 0.95 });
  });

  test("draws without a reference word are drawn again", () => {
    const { low, high } = bootstrapInterval([utterance(0, 0), utterance(1, 2)]);
    assert.deepEqual([low, high], [0.5, 0.5]);
  });

  test("what has no rate, and options that make no sense, are refused", () => {
    assert.throws(() => bootstrapInterval([]), {
      code: "empty-reference",
      message:
        "an error rate is undefined: the references are empty (utterances: 0); check that the transcripts were read",
    });
    assert.throws(() => bootstrapInterval([utterance(0, 1)], { resamples: 0 }), {
      code: "invalid-option",
      message: "resamples is 0; it must be a whole number of at least 1",
    });
    assert.throws(() => bootstrapInterval([utterance(0, 1)], { confidence: 1 }), {
      message: "confidence is 1; it must lie between 0 and 1",
    });
  });
});

describe("pairedBootstrap", () => {
  test("a system compared with itself does not differ", () => {
    const utterances = corpus(new SeededRandom(24), 80, 0.2);
    assert.deepEqual(pairedBootstrap(utterances, utterances), {
      difference: 0,
      interval: { low: 0, high: 0, confidence: 0.95 },
      probabilityOfImprovement: 0.5,
      pValue: 1,
    });
  });

  test("exchanging the systems changes the sign and nothing else", () => {
    const first = corpus(new SeededRandom(25), 80, 0.2);
    const second = first.map(({ substitutions, referenceLength }, i) =>
      utterance(i % 3 === 0 ? Math.min(referenceLength, substitutions + 1) : substitutions, referenceLength),
    );
    const forth = pairedBootstrap(first, second);
    const back = pairedBootstrap(second, first);
    assert.equal(forth.difference, -back.difference);
    assert.ok(Math.abs(forth.interval.low + back.interval.high) < 1e-12);
    assert.equal(forth.probabilityOfImprovement, 1 - back.probabilityOfImprovement);
    assert.equal(forth.pValue, back.pValue);
  });

  test("a small but steady gain is found, where the systems' own intervals overlap", () => {
    const random = new SeededRandom(26);
    const second = corpus(random, 200, 0.3);
    const first = second.map(({ substitutions, referenceLength }, i) =>
      utterance(i % 4 === 0 ? Math.max(0, substitutions - 1) : substitutions, referenceLength),
    );
    assert.ok(bootstrapInterval(first).high > bootstrapInterval(second).low);
    const { difference, interval, pValue, probabilityOfImprovement } = pairedBootstrap(first, second);
    assert.ok(difference < 0 && interval.high < 0);
    assert.ok(pValue < 0.01 && pValue > 0, `${pValue}`);
    assert.equal(probabilityOfImprovement, 1);
  });

  test("systems of the same worth are called different about one time in twenty", () => {
    const random = new SeededRandom(27);
    const numTrials = 300;
    let found = 0;
    for (let i = 0; i < numTrials; i++) {
      const lengths = Array.from({ length: 100 }, () => 5 + random.below(10));
      const draw = () =>
        lengths.map((n) => utterance(Array.from({ length: n }, () => random.next()).filter((x) => x < 0.2).length, n));
      if (pairedBootstrap(draw(), draw(), { resamples: 300, seed: i }).pValue < 0.05) found += 1;
    }
    assert.ok(found / numTrials > 0.01 && found / numTrials < 0.1, `${found} of ${numTrials}`);
  });

  test("other references are refused", () => {
    const message = (at: number) =>
      `the systems cannot be compared: utterance ${at} has another reference in each; pass the same utterances in the same order`;
    assert.throws(() => pairedBootstrap([utterance(0, 1)], [utterance(0, 2)]), { message: message(0) });
    assert.throws(() => pairedBootstrap([utterance(0, 1)], []), { message: message(0) });
    assert.throws(() => pairedBootstrap([utterance(0, 1)], [utterance(0, 1), utterance(0, 1)]), {
      message: message(1),
    });
  });
});
