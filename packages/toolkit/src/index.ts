/** What configuration files and programs import. It loads no libtorch: the training half runs in worker threads. */

export { UserError } from "@deepspeech-ts/recognizer/system";
export type { Normaliser } from "./data/normaliser.js";
export { type ConfigFileInput, defineConfig, type TrainConfig, type TrainConfigInput } from "./training/config.js";
export { recipes } from "./training/recipes/index.js";
