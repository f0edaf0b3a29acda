/** A checkpoint to measure and to transcribe with. */
import { join } from "node:path";
import { englishAlphabet } from "@deepspeech-ts/speech";
import { manualSeed, noGrad, tidy } from "@deepspeech-ts/torch";
import {
  DeepSpeech,
  featureConfigSchema,
  loadCheckpoint,
  type ModelConfig,
  modelConfigSchema,
  modelTensors,
  saveCheckpoint,
} from "../acoustic-model/index.js";

/**
 * Writes a checkpoint of random weights that answers with letters, and with different ones to different sounds. Being
 * untrained it is wrong about nearly everything, so that any change of its input shows in its answers.
 */
export function babblingCheckpoint(folder: string, name = "babbling", changes: Partial<ModelConfig> = {}): string {
  const path = join(folder, `${name}.safetensors`);
  tidy(() => {
    manualSeed(11);
    const config = modelConfigSchema.parse({
      numMels: 40,
      convChannels: 4,
      residualLayers: 1,
      recurrentLayers: 2,
      hiddenSize: 16,
      ...changes,
    });
    using model = new DeepSpeech(config);
    noGrad(() => {
      const parameters = model.namedParameters();
      parameters.get("classifier.3.weight")!.mul_(30);
      parameters.get("classifier.3.bias")!.select(0, englishAlphabet.blankId).fill_(-10);
    });
    const features = featureConfigSchema.parse({ numMels: 40 });
    saveCheckpoint(path, { model: config, features, alphabet: englishAlphabet, training: null }, modelTensors(model));
  });
  return path;
}

/** The checkpoint as if its training had had these settings. */
export function trainedWith(checkpoint: string, config: object): string {
  tidy(() => {
    const { header, tensors } = loadCheckpoint(checkpoint);
    saveCheckpoint(checkpoint, { ...header, training: { config } }, tensors);
  });
  return checkpoint;
}
