import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import { calibrateConfidence, isUncalibrated } from "./confidence.js";
import {
  type ConfidenceSample,
  calibrated,
  calibrationOfTemperature,
  calibrationQuality,
  fitConfidence,
  largestGap,
} from "./fit-confidence.js";

const WORDS_OF_UTTERANCE = 10;

/** Words of which each is right with a probability that is known, and says another: `said` of it. */
function speak(said: (truth: number) => number, numWords: number, seed = 81): ConfidenceSample[][] {
  const random = new SeededRandom(seed);
  return Array.from({ length: numWords / WORDS_OF_UTTERANCE }, () =>
    Array.from({ length: WORDS_OF_UTTERANCE }, () => {
      const truth = random.next();
      return { confidence: said(truth), correct: random.next() < truth };
    }),
  );
}

const MISTAKEN: Record<string, (truth: number) => number> = {
  "too sure": (p) => p ** 3 / (p ** 3 + (1 - p) ** 3),
  "not sure enough": (p) => 1 / (1 + Math.sqrt((1 - p) / p)),
  "much too low, as products of many letters are": (p) => p ** 5,
  "much too high": (p) => 1 - (1 - p) ** 4,
};

for (const [fault, said] of Object.entries(MISTAKEN)) {
  test(`confidences that are ${fault} say what is right afterwards, on words not fitted on`, () => {
    const { calibration, before, after } = fitConfidence(speak(said, 4000));
    assert.ok(largestGap(before) > 0.1, `there is something to mend: ${largestGap(before)}`);
    const others = calibrationQuality(calibrated(speak(said, 20_000, 7).flat(), calibration));
    assert.ok(largestGap(others) < 0.06, `${JSON.stringify(others.bins)}`);
    assert.ok(after.negativeLogLikelihood < before.negativeLogLikelihood && after.brierScore < before.brierScore);
    assert.ok(Math.abs(after.negativeLogLikelihood - others.negativeLogLikelihood) < 0.02, "what is told holds");
  });
}

test("it finds the offset and the slopes by which confidences are off", () => {
  const [offset, slope, slopeOfDoubt] = [-0.8, 1.6, 0.4];
  const said = (truth: number) => {
    // The p whose calibration is the truth, by bisection.
    let [low, high] = [0, 1];
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (calibrateConfidence(middle, [offset, slope, slopeOfDoubt]) < truth) low = middle;
      else high = middle;
    }
    return low;
  };
  const { calibration } = fitConfidence(speak(said, 40_000));
  for (const [i, value] of [offset, slope, slopeOfDoubt].entries()) {
    assert.ok(Math.abs((calibration[i] as number) - value) < 0.1, calibration.join(" "));
  }
});

test("confidences that are right stay as they are nearly always, and are never made much worse", () => {
  let kept = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { calibration, before, after } = fitConfidence(speak((p) => p, 300, seed));
    if (isUncalibrated(calibration)) {
      kept += 1;
      assert.equal(after, before);
    }
    const others = speak((p) => p, 4000, seed + 1000).flat();
    const [raw, mended] = [calibrationQuality(others), calibrationQuality(calibrated(others, calibration))];
    assert.ok(mended.brierScore < raw.brierScore + 0.01, `seed ${seed}: ${mended.brierScore} of ${raw.brierScore}`);
  }
  assert.ok(kept >= 28, `${kept} of 40`);
});

test("what is kept has no bin farther off than the farthest was", () => {
  let fitted = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { calibration, before, after } = fitConfidence(speak((p) => p ** 1.3, 100, seed));
    if (!isUncalibrated(calibration)) fitted += 1;
    assert.ok(largestGap(after) <= largestGap(before), `seed ${seed}: ${largestGap(after)} of ${largestGap(before)}`);
  }
  assert.ok(fitted > 0 && fitted < 40, `${fitted} of 40`);
});

test("no words, one utterance, and words that are all right or all wrong are borne", () => {
  const words = (confidence: number, correct: boolean) => Array.from({ length: 5 }, () => ({ confidence, correct }));
  assert.ok(isUncalibrated(fitConfidence([]).calibration));
  assert.ok(isUncalibrated(fitConfidence([[], words(0.1, true)]).calibration), "nothing can be held out");
  for (const correct of [true, false]) {
    const { calibration } = fitConfidence(Array.from({ length: 8 }, () => words(0.5, correct)));
    const confidence = calibrateConfidence(0.5, calibration);
    assert.ok(correct ? confidence > 0.9 && confidence < 1 : confidence < 0.1 && confidence > 0, `${confidence}`);
  }
});

test("a calibration never turns the order round, even where the words do", () => {
  const { calibration } = fitConfidence(speak((p) => 1 - p, 2000));
  assert.ok(calibration[1] >= 0 && calibration[2] >= 0, calibration.join(" "));
});

test("the temperature of an earlier bundle is nearly what it was", () => {
  assert.ok(isUncalibrated(calibrationOfTemperature(1)));
  for (const temperature of [0.3, 0.5, 1, 2, 4]) {
    for (let percent = 1; percent < 100; percent++) {
      const now = calibrateConfidence(percent / 100, calibrationOfTemperature(temperature));
      assert.ok(Math.abs(now - (percent / 100) ** (1 / temperature)) < 0.06, `${percent}% at ${temperature}: ${now}`);
    }
  }
});

test("quality on a worked example", () => {
  const words = [0.95, 0.95, 0.15, 0.15].map((confidence, at) => ({ confidence, correct: at % 2 === 0 }));
  const { bins, negativeLogLikelihood, brierScore } = calibrationQuality(words);
  assert.ok(Math.abs(negativeLogLikelihood + Math.log(0.95 * 0.05 * 0.15 * 0.85) / 4) < 1e-9);
  assert.ok(Math.abs(brierScore - (0.05 ** 2 + 0.95 ** 2 + 0.85 ** 2 + 0.15 ** 2) / 4) < 1e-9);
  assert.equal(
    bins.reduce((sum, { numWords }) => sum + numWords, 0),
    4,
  );
  const even = Array.from({ length: 40 }, (_, i) => ({ confidence: i / 40, correct: i >= 20 }));
  assert.deepEqual(
    calibrationQuality(even).bins.map(({ numWords, correct }) => [numWords, correct]),
    Array.from({ length: 10 }, (_, bin) => [4, bin < 5 ? 0 : 1]),
  );
  // The first bin of right words: 0.5 to 0.575 said.
  assert.ok(Math.abs(largestGap(calibrationQuality(even)) - (1 - (0.5 + 1.5 / 40))) < 1e-9);
});

test("a confidence that is none is refused", () => {
  assert.throws(() => fitConfidence([[{ confidence: 1.5, correct: true }]]), {
    code: "number-out-of-range",
    message: "a word's confidence is 1.5; it must be from 0 to 1",
  });
});
