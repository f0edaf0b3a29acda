/** What steps are given, against the definition: windows at each hop, over sound that is reflected at its ends. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StreamingFacts } from "@deepspeech-ts/speech";
import { randomNumbers } from "../fixtures.test.support.js";
import { StepInput } from "./step-input.js";

const FACTS: StreamingFacts = { windowSamples: 40, hopSamples: 20, stride: 2, delayFrames: 3, stateSize: 1 };
const LONG: StreamingFacts = { ...FACTS, windowSamples: 20, hopSamples: 20, stride: 3 };

/** The feature frames' windows, one after another. */
function windowsOf(sound: Float32Array, { windowSamples, hopSamples }: StreamingFacts): number[][] {
  const numFrames = Math.floor(sound.length / hopSamples) + 1;
  return Array.from({ length: numFrames }, (_, frame) =>
    Array.from({ length: windowSamples }, (_, n) => {
      const at = Math.abs(frame * hopSamples + n - windowSamples / 2);
      return sound[Math.min(at, 2 * (sound.length - 1) - at)]!;
    }),
  );
}

/** All windows that steps took, whatever they were cut into; and each step's position and length. */
function take(sound: Float32Array, facts: StreamingFacts, seed: number) {
  const random = randomNumbers(seed);
  const input = new StepInput(facts);
  const windows: number[][] = [];
  const steps: { position: number; numFrames: number; end: number }[] = [];
  const takeReady = () => {
    while (input.numReady > 0) {
      const numFrames = 1 + Math.floor(random() * Math.min(4, input.numReady));
      const { samples, position, end } = input.take(numFrames);
      steps.push({ position, numFrames, end });
      for (let i = 0; i < numFrames * facts.stride; i++) {
        windows.push([...samples.subarray(i * facts.hopSamples, i * facts.hopSamples + facts.windowSamples)]);
      }
    }
  };
  for (let at = 0; at < sound.length; ) {
    const length = Math.floor(random() * 70);
    input.push(new Float32Array(sound.slice(at, at + length)));
    at += length;
    if (random() < 0.7) takeReady();
  }
  input.finish();
  takeReady();
  return { windows, steps, numFrames: input.numFrames };
}

describe("StepInput", () => {
  for (const [name, facts] of Object.entries({ "that overlap": FACTS, "side by side": LONG })) {
    it(`gives each window ${name} once, in order, however the sound comes`, () => {
      const random = randomNumbers(1);
      for (const length of [21, 22, 40, 59, 60, 400, 777]) {
        const sound = Float32Array.from({ length }, () => random() - 0.5);
        const expected = windowsOf(sound, facts);
        const { windows, steps, numFrames } = take(sound, facts, length);
        assert.deepEqual(windows.slice(0, expected.length), expected, `${length} samples`);
        assert.equal(numFrames, Math.floor((expected.length - 1) / facts.stride) + 1);
        let position = 0;
        for (const step of steps) {
          assert.equal(step.position, position);
          position += step.numFrames;
        }
        // Answers lie behind: the last frames' come when nothing more is heard.
        assert.equal(position, numFrames + facts.delayFrames);
        assert.equal(steps.at(-1)!.end, expected.length);
        assert.ok(steps.every(({ end }) => end === expected.length || end > 1e9));
      }
    });
  }
});
