import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { loadWaveform } from "../audio/waveform.js";
import { sampleCorpus } from "../fixtures.test.support.js";
import { readLibriSpeech } from "../librispeech.js";
import { toPcm16 } from "../packing/shard.js";
import { isSameSound, SoundIndex, type SoundPrint, SoundSketch } from "./same-sound.js";

function printOf(samples: Float32Array, pieceLength = samples.length): SoundPrint {
  const sketch = new SoundSketch();
  for (let start = 0; start < samples.length; start += pieceLength) {
    sketch.add(samples.subarray(start, start + pieceLength));
  }
  return { durationSeconds: samples.length / 16_000, sampleRate: 16_000, sketch: sketch.direction };
}

/** As a file of 16 bits holds it. */
function rounded(samples: Float32Array, gain: number): Float32Array {
  return Float32Array.from(toPcm16(samples.map((x) => x * gain)), (value) => value / 32_767);
}

const peakOf = (samples: Float32Array) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

describe("sounds", () => {
  let recordings: Float32Array[];

  before(async () => {
    const { utterances } = await readLibriSpeech(sampleCorpus("dev"));
    recordings = await Promise.all(utterances.map(async ({ audioPath }) => (await loadWaveform(audioPath)).samples));
  });

  it("are the same at any loudness that rounding to 16 bits leaves something of", () => {
    for (const recording of recordings.slice(0, 16)) {
      const own = printOf(rounded(recording, 1));
      for (const gain of [0.05, 0.2, 0.5, 0.8, 1.2]) assert.ok(isSameSound(printOf(rounded(recording, gain)), own));
      const quiet = rounded(recording, 0.99 / 20 / peakOf(recording));
      assert.ok(isSameSound(printOf(rounded(quiet, 20)), printOf(quiet)));
      // Just no silence any more.
      assert.ok(isSameSound(printOf(rounded(recording, 0.0033 / peakOf(recording))), own));
    }
  });

  it("are others where other things are said, all of one length, with an offset too", () => {
    const numSamples = Math.min(...recordings.map(({ length }) => length));
    for (const offset of [0, 0.5]) {
      const index = new SoundIndex<number>();
      for (const [i, recording] of recordings.entries()) {
        const print = printOf(recording.subarray(0, numSamples).map((x) => x + offset));
        assert.equal(index.find(print), undefined);
        index.add(print, i);
        assert.equal(index.find(print), i);
      }
    }
  });

  it("are one where a corpus has a recording twice, coded anew", async () => {
    const { utterances } = await readLibriSpeech(sampleCorpus("train"));
    const [first, second] = ["1-1-0013", "1-1-0067"].map((id) => utterances.find((each) => each.id === id)!);
    assert.equal(first!.text, second!.text);
    const prints = await Promise.all(
      [first!, second!].map(async ({ audioPath }) => printOf((await loadWaveform(audioPath)).samples)),
    );
    assert.ok(isSameSound(prints[0]!, prints[1]!));
  });

  it("are found within the tolerance, across the borders of the index's cells, and no further", () => {
    const [first] = recordings as [Float32Array];
    const { sketch: _, ...length } = printOf(first);
    const at = (...values: number[]): SoundPrint => ({
      ...length,
      sketch: Float32Array.from({ length: 16 }, (_, i) => values[i] ?? 0),
    });
    const index = new SoundIndex<string>();
    index.add(at(0.19, -0.01, 0.39), "corner");
    assert.equal(index.find(at(0.21, 0.01, 0.41)), "corner");
    assert.equal(index.find(at(0.19, -0.01, 0.5)), undefined);
    assert.equal(index.find({ ...at(0.19, -0.01, 0.39), sampleRate: 8000 }), undefined);
  });

  it("have the same sketch in whatever pieces they come", () => {
    const [first] = recordings as [Float32Array];
    assert.deepEqual(printOf(first, 1000), printOf(first));
  });
});
