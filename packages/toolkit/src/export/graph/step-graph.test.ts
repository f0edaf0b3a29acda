/** Steps against the whole: however an utterance is cut, and in whatever company its steps run. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BundlePrecision, Emissions } from "@deepspeech-ts/speech";
import { temporaryFolder } from "../../data/fixtures.test.support.js";
import { Random } from "../../data/random.js";
import { type ExportedConfig, FORWARD, graphsOf, randomModel, sampleWaveforms } from "../export.test.support.js";
import { batchOf, OnnxSession, type SoundPiece } from "../onnx-session.js";
import { streamingFacts } from "./step-graph.js";

/** Pieces of random lengths, some of no sound, and steps of random lengths. */
function cutAtRandom(waveform: Float32Array, seed: number): SoundPiece[] {
  const random = new Random(seed, "cuts");
  const pieces: SoundPiece[] = [];
  for (let at = 0; at < waveform.length; ) {
    const length = random.integer(random.integer(4) === 0 ? 12_000 : 900);
    pieces.push({ samples: new Float32Array(waveform.slice(at, at + length)), stepFrames: 1 + random.integer(9) });
    at += length;
  }
  return pieces;
}

function largestDifference(found: Emissions, expected: Emissions): number {
  assert.equal(found.numFrames, expected.numFrames);
  return found.logProbs.reduce((largest, value, i) => {
    const difference = Math.abs(value - expected.logProbs[i]!);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }, 0);
}

const { model: forward, features } = FORWARD;
const MODELS: Readonly<Record<string, ExportedConfig>> = {
  "of the default's strides": FORWARD,
  "that hears nothing ahead behind its GRUs, strides of 3, windows of 512": {
    model: { ...forward!, lookaheadFrames: 0, timeStride: 3 },
    features: { ...features!, fftSamples: 512, hopSamples: 160 },
  },
  "of kernels of 5, a stride of 1, two blocks": {
    model: { ...forward!, kernelSize: 5, timeStride: 1, residualLayers: 2 },
    features: features!,
  },
  "of kernels of 1, no blocks": { model: { ...forward!, kernelSize: 1, residualLayers: 0 }, features: features! },
};

/** The most by which steps may differ from the whole. A last bit may change which 8 bits a number is rounded to. */
const TOLERANCES: Readonly<Record<BundlePrecision, number>> = { fp32: 1e-4, fp16: 1e-4, web: 1e-4, int8: 0.05 };

async function largestOfCuts(
  t: Parameters<typeof temporaryFolder>[0],
  config: ExportedConfig,
  precision: BundlePrecision,
) {
  using model = randomModel(await temporaryFolder(t), config);
  const { header } = model;
  const graphs = graphsOf(model, precision);
  await using session = await OnnxSession.open(graphs.model, 1, graphs.step);
  const waveforms = await sampleWaveforms(2);
  const shortest = waveforms[0]!.slice(0, 1000);
  let largest = 0;
  for (const [seed, waveform] of [...waveforms, waveforms[0]!, shortest].entries()) {
    const { emissions } = await session.run(batchOf([waveform]));
    const found = await session.runInSteps(cutAtRandom(waveform, seed), streamingFacts(header.model, header.features)!);
    largest = Math.max(largest, largestDifference(found, emissions[0]!));
  }
  return { largest, graphs };
}

describe("steps of a model", () => {
  for (const [name, config] of Object.entries(MODELS)) {
    it(`${name} give what the whole gives, for any cuts`, async (t) => {
      const { largest } = await largestOfCuts(t, config, "fp32");
      assert.ok(largest <= TOLERANCES.fp32, `they differ by ${largest}`);
    });
  }

  for (const precision of ["fp16", "web", "int8"] as const) {
    it(`in ${precision} give what the whole gives in ${precision}, and share its weights`, async (t) => {
      const { largest, graphs } = await largestOfCuts(t, FORWARD, precision);
      assert.ok(largest <= TOLERANCES[precision], `they differ by ${largest}`);
      assert.ok(
        graphs.step!.length < graphs.model.length / 2,
        `${graphs.step!.length} of ${graphs.model.length} bytes`,
      );
    });
  }
});
