/** What a live segment knows of itself while a model that streams hears it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Emissions } from "@deepspeech-ts/speech";
import { SampleBuffer } from "../core/sample-buffer.js";
import { StepUtterance } from "../core/step-utterance.js";
import { StepwiseHearing } from "../core/stepwise-hearing.js";
import { STREAMING_BUNDLE, samplesOf, sampleUtterances, whiteNoise } from "../fixtures.test.support.js";
import { openBundleFile } from "./bundle-file.js";
import { startNodePlatform } from "./node-platform.js";

const bundle = await openBundleFile(STREAMING_BUNDLE);
const { header } = bundle;

async function hearingFrom(startSample: number, t: TestContext): Promise<StepwiseHearing> {
  const platform = await startNodePlatform(bundle, { workers: 1, threads: 1 });
  t.after(() => platform.close());
  const utterance = new StepUtterance(header.streaming!, async (step) => (await platform.step([step]))[0]!);
  return new StepwiseHearing(startSample, { header, utterance, stepFrames: 4 });
}

test("frames are settled once and for good, silence is counted from the last word on, and sound that was heard is let go", async (t) => {
  const hearing = await hearingFrom(1000, t);
  const delaySeconds = header.streaming!.delayFrames * header.frameSeconds;
  const buffer = new SampleBuffer();
  const settled: Emissions[] = [];
  const hear = async (samples: Float32Array<ArrayBuffer>) => {
    buffer.push(samples);
    const heard = await hearing.hear(buffer, buffer.end);
    assert.equal(hearing.neededFrom, buffer.end);
    assert.equal(heard.tail.numFrames, 0);
    buffer.dropBefore(hearing.neededFrom);
    settled.push(...heard.settled);
  };
  const speech = await samplesOf(sampleUtterances("test")[0]!.path);
  await hear(new Float32Array(1000));
  await hear(speech.slice(0, 24_000));
  assert.ok(hearing.silentSeconds < 1.5);
  await hear(speech.slice(24_000));
  const spoken = hearing.silentSeconds;
  await hear(whiteNoise(48_000, -80));
  // What is known lies behind by the delay, and by a step that is not full.
  const behind = delaySeconds + 5 * header.frameSeconds;
  assert.ok(hearing.silentSeconds > spoken + 3 - behind, `${hearing.silentSeconds} after ${spoken}`);
  const known = settled.reduce((sum, { numFrames }) => sum + numFrames, 0);
  assert.ok((buffer.end - 1000) / header.sampleRate - known * header.frameSeconds < behind);
  // It ends where a word before the silence did, yet what was told stays.
  const end = await hearing.finish(buffer, 20_000);
  assert.deepEqual([end.settled, end.tail.numFrames], [[], 0]);
});

test("frames beyond a segment's end are cut off, where nobody was told of them", async (t) => {
  const hearing = await hearingFrom(0, t);
  const buffer = new SampleBuffer();
  buffer.push((await samplesOf(sampleUtterances("test")[0]!.path)).slice(0, 40_000));
  const early = await hearing.hear(buffer, 16_000);
  const late = await hearing.finish(buffer, 25_000);
  const frames = [...early.settled, ...late.settled, late.tail].reduce((sum, { numFrames }) => sum + numFrames, 0);
  assert.equal(frames, Math.ceil(25_000 / Math.round(header.frameSeconds * header.sampleRate)));
});
