/** The graph through ONNX Runtime against the model through libtorch, on recordings of the sample corpus. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { resample } from "@deepspeech-ts/recognizer/audio";
import { minSamples } from "../acoustic-model/index.js";
import { temporaryFolder } from "../data/fixtures.test.support.js";
import {
  type ExportedConfig,
  FORWARD,
  graphOf,
  graphsOf,
  randomModel,
  sampleWaveforms,
} from "./export.test.support.js";
import { batchOf, OnnxSession } from "./onnx-session.js";
import { FEATURE_TOLERANCE, measureParity, PARITY_TOLERANCE, type Parity, WRONG_DIFFERENCE } from "./parity.js";

type Precision = Parameters<typeof graphOf>[1];

async function parityOf(
  t: TestContext,
  config: ExportedConfig,
  { precision = "fp32", waveforms }: { precision?: Precision; waveforms?: Float32Array[] } = {},
): Promise<Parity> {
  using model = randomModel(await temporaryFolder(t), config);
  const graphs = graphsOf(model, precision);
  await using session = await OnnxSession.open(graphs.model, 1, graphs.step);
  return await measureParity(session, model, waveforms ?? (await sampleWaveforms(4)));
}

const CONFIGS: [name: string, config: ExportedConfig][] = [
  ["the reference's strides", {}],
  ["a time stride of 3 and kernels of 5", { model: { timeStride: 3, kernelSize: 5 } }],
  ["no strides and kernels of 1", { model: { timeStride: 1, frequencyStride: 1, kernelSize: 1 } }],
  ["no residual block and one recurrent layer", { model: { residualLayers: 0, recurrentLayers: 1 } }],
  ["more layers than the default", { model: { residualLayers: 3, recurrentLayers: 4, hiddenSize: 9 } }],
  ["mel features as they are", { features: { kind: "mel", normalisation: "none" } }],
  ["mel features, normalised", { features: { kind: "mel" } }],
  ["log-mel features as they are", { features: { normalisation: "none" } }],
  ["hops that do not divide the window", { features: { fftSamples: 512, hopSamples: 160 } }],
  ["phones beside its letters", { model: { numPhones: 41 } }],
  ["a window shorter than the hop", { features: { fftSamples: 160, hopSamples: 200 }, model: { numMels: 16 } }],
];

describe("an exported graph", () => {
  for (const [name, config] of CONFIGS) {
    it(`says what the model says, with ${name}`, async (t) => {
      const { fromTraining, fromBatch, features, numUtterances } = await parityOf(t, config);
      assert.equal(numUtterances, 4);
      assert.ok(features <= 5e-4, `features differ by ${features}`);
      assert.ok(fromTraining <= PARITY_TOLERANCE, `differs by ${fromTraining} from the trained model`);
      assert.ok(fromBatch <= PARITY_TOLERANCE, `differs by ${fromBatch} in a batch`);
    });
  }

  it("of a forward model says what the model says, whole and in steps, of the shortest waveforms too", async (t) => {
    const waveforms = await sampleWaveforms(3);
    const least = minSamples({ fftSamples: 400 });
    for (const length of [least, least + 1, 400, 600, 601]) waveforms.push(waveforms[0]!.slice(6000, 6000 + length));
    for (const numPhones of [0, 41]) {
      const config = { ...FORWARD, model: { ...FORWARD.model, numPhones } };
      const { fromTraining, fromBatch, inSteps } = await parityOf(t, config, { waveforms });
      assert.ok(fromTraining <= PARITY_TOLERANCE, `differs by ${fromTraining} from the trained model`);
      assert.ok(fromBatch <= PARITY_TOLERANCE, `differs by ${fromBatch} in a batch`);
      assert.ok(inSteps! <= PARITY_TOLERANCE, `differs by ${inSteps} in steps`);
    }
  });

  it("takes the shortest waveforms, alone and beside longer ones", async (t) => {
    const [long] = (await sampleWaveforms(1)) as [Float32Array];
    const least = minSamples({ fftSamples: 400 });
    const loud = long.subarray(6000);
    const waveforms = [long, ...[least, least + 1, 399, 400, 401, 599, 600].map((length) => loud.slice(0, length))];
    const { fromTraining, fromBatch } = await parityOf(t, { features: { normalisation: "none" } }, { waveforms });
    assert.ok(fromTraining <= PARITY_TOLERANCE, `differs by ${fromTraining} from the trained model`);
    assert.ok(fromBatch <= PARITY_TOLERANCE, `differs by ${fromBatch} in a batch`);
  });

  it("never reads what stands behind an utterance", async (t) => {
    using model = randomModel(await temporaryFolder(t));
    await using session = await OnnxSession.open(graphOf(model), 1);
    const batch = batchOf(await sampleWaveforms(3));
    const [shortest, , longest] = batch.sampleLengths as [number, number, number];
    const clean = await session.run(batch);
    batch.waveforms.fill(Number.NaN, shortest, longest);
    const soiled = await session.run(batch);
    assert.deepEqual(soiled, clean);
  });

  it("is as exact with bands that hear nothing, of which the default's 128 have some", async (t) => {
    const { features, model, fromBatch } = await parityOf(t, { model: { numMels: 128 } });
    assert.ok(features <= FEATURE_TOLERANCE, `features differ by ${features}`);
    assert.ok(model <= PARITY_TOLERANCE, `differs by ${model} from the model`);
    assert.ok(fromBatch <= PARITY_TOLERANCE, `differs by ${fromBatch} in a batch`);
  });

  it("hears silence as nothing, however long it is", async (t) => {
    const waveforms = [1000, 5000, 30_000].map((length) => new Float32Array(length));
    const { fromBatch } = await parityOf(t, {}, { waveforms });
    assert.ok(fromBatch <= PARITY_TOLERANCE, `differs by ${fromBatch} in a batch`);
  });

  it("stays near the model with weights of half the size, and of a quarter", async (t) => {
    const phones = await parityOf(t, { model: { numPhones: 41 } }, { precision: "int8" });
    assert.ok(phones.fromTraining < 0.5, `int8 with phones differs by ${phones.fromTraining}`);
    const half = await parityOf(t, {}, { precision: "fp16" });
    assert.ok(half.fromTraining < 0.02, `fp16 differs by ${half.fromTraining}`);
    assert.ok(half.fromTraining > PARITY_TOLERANCE, "weights are rounded");
    assert.ok(half.fromBatch <= PARITY_TOLERANCE, `fp16 differs by ${half.fromBatch} in a batch`);
    const stored = await parityOf(t, {}, { precision: "web" });
    assert.ok(stored.fromTraining < 0.2, `web differs by ${stored.fromTraining}`);
    assert.ok(stored.fromBatch <= PARITY_TOLERANCE, `web differs by ${stored.fromBatch} in a batch`);
    const quarter = await parityOf(t, {}, { precision: "int8" });
    assert.ok(quarter.fromTraining < 0.5, `int8 differs by ${quarter.fromTraining}`);
    assert.ok(quarter.fromTraining > stored.fromTraining, "what is multiplied is rounded too");
    assert.ok(stored.fromTraining > half.fromTraining, "weights are rounded more");
    assert.ok(quarter.fromBatch <= PARITY_TOLERANCE, `int8 differs by ${quarter.fromBatch} in a batch`);
  });

  it("is right about recordings whose upper half is silent, as of telephones and what MP3 leaves", async (t) => {
    const waveforms = (await sampleWaveforms(3)).map((samples) => {
      const narrow = resample(resample(new Float32Array(samples), 16_000, 8000), 8000, 16_000);
      return narrow.map((sample) => Math.round(sample * 32_768) / 32_768);
    });
    const { features, model } = await parityOf(t, {}, { waveforms });
    assert.ok(features <= FEATURE_TOLERANCE, `features differ by ${features}`);
    assert.ok(model <= PARITY_TOLERANCE, `differs by ${model} from the model`);
  });

  it("with features of another kind is told from it", async (t) => {
    using model = randomModel(await temporaryFolder(t));
    const { header, weights } = model;
    const other = { ...header, features: { ...header.features, kind: "mel" as const } };
    await using session = await OnnxSession.open(graphOf({ ...model, header: other, weights }), 1);
    const { features } = await measureParity(session, model, await sampleWaveforms(2));
    assert.ok(features > 100 * FEATURE_TOLERANCE, `features differ by ${features}`);
  });

  it("of another model is told from it", async (t) => {
    const folder = await temporaryFolder(t);
    using model = randomModel(folder);
    const graph = graphOf(model);
    const weights = model.weights.get("birnn_layers.1.BiGRU.weight_hh_l0_reverse")!;
    weights.data[5]! += 0.05;
    const changed = graphOf(model);
    const waveforms = await sampleWaveforms(2);
    await using same = await OnnxSession.open(graph, 1);
    await using other = await OnnxSession.open(changed, 1);
    assert.ok((await measureParity(same, model, waveforms)).fromTraining <= PARITY_TOLERANCE);
    assert.ok((await measureParity(other, model, waveforms)).model > WRONG_DIFFERENCE);
  });
});
