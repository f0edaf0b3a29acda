/** What a live segment knows of itself while a model that streams hears it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleBuffer } from "../core/sample-buffer.js";
import { StepUtterance } from "../core/step-utterance.js";
import { StepwiseHearing } from "../core/stepwise-hearing.js";
import { STREAMING_BUNDLE, samplesOf, sampleUtterances, whiteNoise } from "../fixtures.test.support.js";
import { openBundleFile } from "./bundle-file.js";
import { startNodePlatform } from "./node-platform.js";

test("frames are settled once and for good, silence is counted from the last word on, and sound that was heard is let go", async (t) => {
  const bundle = await openBundleFile(STREAMING_BUNDLE);
  const { header } = bundle;
  const platform = await startNodePlatform(bundle, { workers: 1, threads: 1 });
  t.after(() => platform.close());
  const delaySeconds = header.streaming!.delayFrames * header.frameSeconds;
  const utterance = new StepUtterance(header.streaming!, async (step) => (await platform.step([step]))[0]!);
  const hearing = new StepwiseHearing(1000, { header, utterance, stepFrames: 4 });
  const buffer = new SampleBuffer();
  const hear = async (samples: Float32Array<ArrayBuffer>) => {
    buffer.push(samples);
    const emissions = await hearing.hear(buffer, buffer.end);
    assert.equal(hearing.neededFrom, buffer.end);
    buffer.dropBefore(hearing.neededFrom);
    return emissions;
  };
  const speech = await samplesOf(sampleUtterances("test")[0]!.path);
  await hear(new Float32Array(1000));
  const early = await hear(speech.slice(0, 24_000));
  assert.ok(hearing.silentSeconds < 1.5);
  await hear(speech.slice(24_000));
  const spoken = hearing.silentSeconds;
  const quiet = await hear(whiteNoise(48_000, -80));
  // What is known lies behind by the delay, and by a step that is not full.
  const behind = delaySeconds + 5 * header.frameSeconds;
  assert.ok(hearing.silentSeconds > spoken + 3 - behind, `${hearing.silentSeconds} after ${spoken}`);
  assert.deepEqual(quiet.logProbs.subarray(0, early.logProbs.length), early.logProbs);
  const known = hearing.settledEnds.at(-1)!;
  assert.ok((buffer.end - 1000) / header.sampleRate - known * header.frameSeconds < behind);
  // It ends where a word before the silence did, yet what was told stays.
  const all = await hearing.finish(buffer, 20_000);
  assert.deepEqual([all.numFrames, hearing.settledEnds.at(-1)], [known, known]);
});
