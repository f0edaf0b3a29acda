/**
 * Bundles of the full-size model in every precision, with random weights: speed does not depend on what was learned.
 * A process of its own, so that libtorch takes none of the memory that is measured.
 *
 *     node bench/recognizer/make-bundles.mjs FOLDER
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { englishAlphabet } from "../../packages/speech/dist/index.js";
import {
  DeepSpeech,
  defaultFeatureConfig,
  defaultModelConfig,
  modelTensors,
  saveCheckpoint,
} from "../../packages/toolkit/dist/acoustic-model/index.js";
import { runExport } from "../../packages/toolkit/dist/export/index.js";
import { manualSeed } from "../../packages/torch/dist/index.js";

const [folder] = process.argv.slice(2);
const checkpoint = join(folder, "random.safetensors");
manualSeed(1);
const config = { model: defaultModelConfig, features: defaultFeatureConfig };
const header = { ...config, alphabet: englishAlphabet, training: null };
saveCheckpoint(checkpoint, header, modelTensors(new DeepSpeech(config.model)));
const precisions = ["fp32", "fp16", "int8", "web"];
await runExport({ checkpoint, output: join(folder, "model.dsb"), precisions, evaluate: [], threads: 1 });
rmSync(checkpoint);
