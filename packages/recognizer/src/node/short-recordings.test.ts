/** Recordings that are too short to hold a pause, or a second syllable: a letter, a digit, a yes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { joinArrays } from "../audio/join-arrays.js";
import { BUNDLE, samplesOf, sampleUtterances, whiteNoise } from "../fixtures.test.support.js";
import { Recognizer } from "./recognizer.js";

let recognizer: Recognizer;
/** The loudest fifth of a second of each letter of the sample corpus. */
let letters: Float32Array<ArrayBuffer>[];

before(async () => {
  recognizer = await Recognizer.load(BUNDLE, { threads: 1 });
  const spoken = sampleUtterances("train").filter(({ text }) => text.length === 1);
  letters = await Promise.all(spoken.map(async ({ path }) => loudestPart(await samplesOf(path), 3200)));
});

after(() => recognizer.close());

function loudestPart(samples: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  const energy = (at: number) => samples.subarray(at, at + length).reduce((sum, sample) => sum + sample * sample, 0);
  const starts = Array.from({ length: Math.max(1, Math.ceil((samples.length - length) / 160)) }, (_, i) => 160 * i);
  const loudest = starts.reduce((best, at) => (energy(at) > energy(best) ? at : best));
  return samples.slice(loudest, loudest + length);
}

test("a letter of 0.2 s alone is heard where silence around it makes it heard", async () => {
  assert.ok(letters.length >= 20);
  const silence = new Float32Array(16_000);
  let numHeard = 0;
  for (const letter of letters) {
    const between = await recognizer.transcribe(joinArrays([silence, letter, silence]));
    if (between.text === "") continue;
    numHeard += 1;
    assert.notEqual((await recognizer.transcribe(letter)).text, "");
    const finals: string[] = [];
    for await (const event of recognizer.stream([letter])) if (event.kind === "final") finals.push(event.text);
    assert.notEqual(finals.join(), "");
  }
  assert.ok(numHeard >= letters.length / 2, `${numHeard} of ${letters.length}`);
});

test("a fifth of a second of silence is none, and longer noise still is no speech", async () => {
  for (const samples of [new Float32Array(3200), whiteNoise(3200, -80), whiteNoise(16_000, -20)]) {
    assert.equal((await recognizer.transcribe(samples)).text, "");
  }
});
