import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../seeded-random.test.support.js";
import {
  type ConfidenceSample,
  calibrateConfidence,
  calibrationQuality,
  correctWords,
  fitConfidenceTemperature,
} from "./confidence.js";

/** Words whose confidence is off by a known temperature. */
function miscalibrated(temperature: number, count: number): ConfidenceSample[] {
  const random = new SeededRandom(81);
  return Array.from({ length: count }, () => {
    const truth = random.next();
    return { confidence: truth ** temperature, correct: random.next() < truth };
  });
}

test("it finds the temperature by which confidences are off", () => {
  for (const temperature of [0.3, 1, 4]) {
    const fit = fitConfidenceTemperature(miscalibrated(temperature, 20_000));
    assert.ok(Math.abs(fit.temperature / temperature - 1) < 0.05, `${fit.temperature} for ${temperature}`);
    assert.ok(fit.after.expectedCalibrationError < 0.02);
    assert.ok(fit.after.negativeLogLikelihood <= fit.before.negativeLogLikelihood);
  }
});

test("no other temperature is likelier", () => {
  const random = new SeededRandom(82);
  for (let round = 0; round < 30; round++) {
    const samples = Array.from({ length: 40 }, () => ({ confidence: random.next(), correct: random.next() < 0.7 }));
    const { temperature, after } = fitConfidenceTemperature(samples);
    for (const factor of [0.5, 0.9, 0.99, 1.01, 1.1, 2]) {
      assert.ok(calibrationQuality(samples, temperature * factor).negativeLogLikelihood >= after.negativeLogLikelihood);
    }
  }
});

test("only right words, only wrong ones, and certainties stay within the bounds", () => {
  const all = (correct: boolean): ConfidenceSample[] => [0, 0.5, 1].map((confidence) => ({ confidence, correct }));
  assert.ok(Math.abs(fitConfidenceTemperature(all(true)).temperature - 50) < 1e-6);
  assert.ok(Math.abs(fitConfidenceTemperature(all(false)).temperature - 0.02) < 1e-6);
});

test("the temperature keeps 0 and 1, and the order", () => {
  for (const temperature of [0.1, 1, 7]) {
    const calibrated = [0, 0.2, 0.6, 1].map((confidence) => calibrateConfidence(confidence, temperature));
    assert.equal(calibrated[0], 0);
    assert.equal(calibrated[3], 1);
    assert.deepEqual(
      calibrated.toSorted((a, b) => a - b),
      calibrated,
    );
  }
});

test("calibration error on a worked example", () => {
  const samples = [0.95, 0.95, 0.15, 0.15].map((confidence, at) => ({ confidence, correct: at % 2 === 0 }));
  const { expectedCalibrationError, negativeLogLikelihood } = calibrationQuality(samples, 1);
  assert.ok(Math.abs(expectedCalibrationError - (2 * (0.95 - 0.5) + 2 * (0.5 - 0.15)) / 4) < 1e-9);
  assert.ok(Math.abs(negativeLogLikelihood + Math.log(0.95 * 0.05 * 0.15 * 0.85) / 4) < 1e-9);
});

test("words are right or wrong by the alignment with the reference", () => {
  assert.deepEqual(correctWords(["the", "cat", "sad", "here"], ["the", "fat", "cat", "sat"]), [
    true,
    true,
    false,
    false,
  ]);
});

test("samples that cannot be fitted are refused", () => {
  assert.throws(() => fitConfidenceTemperature([]), {
    code: "invalid-option",
    message: "a confidence temperature needs words to be fitted on; there are none",
  });
  assert.throws(() => fitConfidenceTemperature([{ confidence: 1.5, correct: true }]), {
    code: "number-out-of-range",
    message: "a word's confidence is 1.5; it must be from 0 to 1",
  });
});
