/** The graph's features against arithmetic in double precision, which libtorch's own are no nearer to. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { melFilterBank } from "../../acoustic-model/mel-filter-bank.js";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { graphOf, randomModel, sampleWaveforms } from "../export.test.support.js";
import { batchOf, OnnxSession } from "../onnx-session.js";

interface Options {
  fftSamples: number;
  hopSamples: number;
  numMels: number;
}

/** Mel power [T, numMels] of one frame after another, straight from the definitions. */
function exactMelPower(waveform: Float32Array, { fftSamples, hopSamples, numMels }: Options): Float64Array {
  const numFrames = Math.floor(waveform.length / hopSamples) + 1;
  const numBins = fftSamples / 2 + 1;
  const bank = melFilterBank({ numMels, numBins, sampleRate: 16_000 });
  const mel = new Float64Array(numFrames * numMels);
  const angles = Float64Array.from({ length: fftSamples }, (_, n) => (2 * Math.PI * n) / fftSamples);
  for (let frame = 0; frame < numFrames; frame++) {
    const samples = Float64Array.from(angles, (angle, n) => {
      const at = Math.abs(frame * hopSamples + n - fftSamples / 2);
      return waveform[Math.min(at, 2 * (waveform.length - 1) - at)]! * (0.5 - 0.5 * Math.cos(angle));
    });
    for (let bin = 0; bin < numBins; bin++) {
      let [real, imaginary] = [0, 0];
      for (const [n, sample] of samples.entries()) {
        const angle = angles[(bin * n) % fftSamples]!;
        real += sample * Math.cos(angle);
        imaginary -= sample * Math.sin(angle);
      }
      const power = real ** 2 + imaginary ** 2;
      for (let band = 0; band < numMels; band++) mel[frame * numMels + band]! += power * bank[bin * numMels + band]!;
    }
  }
  return mel;
}

describe("the graph's features", () => {
  const cases: [fftSamples: number, hopSamples: number][] = [
    [400, 200], // 20 · 20
    [512, 160], // 32 · 16
    [202, 101], // 2 · 101
    [2, 50], // 1 · 2
    [400, 147], // 400 · 1: the hop has no factor in common
  ];
  for (const [fftSamples, hopSamples] of cases) {
    it(`are exact for windows of ${fftSamples} samples`, async (t) => {
      const options = { fftSamples, hopSamples, numMels: Math.min(40, fftSamples) };
      const features = { fftSamples, hopSamples, kind: "mel", normalisation: "none" } as const;
      using model = randomModel(await temporaryFolder(t), { model: { numMels: options.numMels }, features });
      await using session = await OnnxSession.open(graphOf(model), 1);
      const [waveform] = (await sampleWaveforms(1)) as [Float32Array];
      const short = waveform.slice(3000, 7001);
      const { features: found } = await session.run(batchOf([short]));
      const expected = exactMelPower(short, options);
      assert.equal(found.length, expected.length);
      const loudest = Math.max(...expected);
      for (const [i, value] of found.entries()) {
        const error = Math.abs(value - expected[i]!);
        assert.ok(error <= 1e-5 * expected[i]! + 1e-9 * loudest, `${value} for ${expected[i]} at ${i}`);
      }
    });
  }
});
