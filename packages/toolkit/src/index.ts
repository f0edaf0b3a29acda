/** What configuration files and programs import. It loads no libtorch: the training half runs in worker threads. */

export type { Normaliser } from "./data/normaliser.js";
export { UserError } from "./errors.js";
export { type ConfigFileInput, defineConfig, type TrainConfig, type TrainConfigInput } from "./training/config.js";
export { recipes } from "./training/recipes/index.js";
