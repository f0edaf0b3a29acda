/** Models to export, and sound to hear them with. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { manualSeed, noGrad, randn, tidy } from "@deepspeech-ts/torch";
import {
  DeepSpeech,
  type FeatureConfig,
  featureConfigSchema,
  type ModelConfig,
  modelConfigSchema,
  modelTensors,
  saveCheckpoint,
} from "../acoustic-model/index.js";
import { sampleCorpus } from "../data/fixtures.test.support.js";
import { loadUtterances, loadWaveform } from "../data/index.js";
import type { GraphOptions } from "./graph/model-graph.js";
import { modelGraphs } from "./graph/step-graph.js";
import { type OpenCheckpoint, openCheckpoint } from "./open-checkpoint.js";

export interface ExportedConfig {
  model?: Partial<ModelConfig>;
  features?: Partial<FeatureConfig>;
  /** What the classifier's weights are multiplied by, and with them all rounding errors. Default: 10. */
  logitScale?: number;
}

/** A checkpoint of random weights that answers with letters; every parameter has a say, biases and norms too. */
export function randomCheckpoint(
  folder: string,
  { model = {}, features = {}, logitScale = 10 }: ExportedConfig = {},
): string {
  const path = join(folder, "random.safetensors");
  const small = { numMels: 40, convChannels: 4, residualLayers: 1, recurrentLayers: 2, hiddenSize: 24 };
  const config = modelConfigSchema.parse({ ...small, ...model });
  const featureConfig = featureConfigSchema.parse({ ...features, numMels: config.numMels });
  tidy(() => {
    manualSeed(7);
    using network = new DeepSpeech(config);
    noGrad(() => {
      for (const parameter of network.namedParameters().values()) parameter.add_(randn(parameter.shape).mul(0.05));
      network.inputNorm?.mean.fill_(-6).add_(randn([config.numMels]));
      network.inputNorm?.scale.fill_(0.3);
      network.namedParameters().get("classifier.3.weight")!.mul_(logitScale);
    });
    const header = { model: config, features: featureConfig, alphabet: englishAlphabet, training: null };
    saveCheckpoint(path, header, modelTensors(network));
  });
  return path;
}

/** The same, opened; dispose it. */
export function randomModel(folder: string, config: ExportedConfig = {}): OpenCheckpoint {
  return openCheckpoint(randomCheckpoint(folder, config));
}

/** What a model that streams is made of: `model` of `ExportedConfig`, and `features`. */
export const FORWARD: ExportedConfig = {
  model: { direction: "forward", lookaheadFrames: 5 },
  features: { normalisation: "running" },
};

export function graphOf(model: OpenCheckpoint, precision: GraphOptions["precision"] = "fp32") {
  return graphsOf(model, precision).model;
}

/** With that for steps, where there is one. */
export function graphsOf({ header, weights }: OpenCheckpoint, precision: GraphOptions["precision"] = "fp32") {
  const { model, features } = header;
  return modelGraphs({ model, features, weights, precision, producerVersion: "test" });
}

/** The shortest utterances of the sample corpus's development set, whose lengths all differ. */
export async function sampleWaveforms(count: number): Promise<Float32Array[]> {
  const { utterances } = await loadUtterances(sampleCorpus("dev"));
  const shortest = utterances.toSorted((a, b) => a.durationSeconds - b.durationSeconds).slice(0, count);
  const waveforms = await Promise.all(shortest.map(async ({ audioPath }) => (await loadWaveform(audioPath)).samples));
  assert.equal(new Set(waveforms.map(({ length }) => length)).size, count);
  return waveforms;
}
