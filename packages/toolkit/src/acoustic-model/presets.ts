/**
 * Named model sizes of the one architecture.
 */
import { defaultModelConfig, type ModelConfig } from "./model-config.js";

export const modelPresets = {
  /** The reference's dimensions, for hundreds of hours of speech: 14,233,053 parameters. */
  full: defaultModelConfig,
} satisfies Record<string, ModelConfig>;
